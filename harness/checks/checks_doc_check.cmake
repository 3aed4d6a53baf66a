# checks_doc_check.cmake - fails when docs/checks.md is not what the table of checks says
#
#   cmake -DPROGRAM=…/checks_doc -DPAGE=…/docs/checks.md -DSCRATCH=…/checks.md -P checks_doc_check.cmake

execute_process(COMMAND ${PROGRAM} OUTPUT_FILE ${SCRATCH} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${SCRATCH} ${PAGE} RESULT_VARIABLE differs)
if(differs)
  message(FATAL_ERROR "docs/checks.md is out of date: ${PROGRAM} > docs/checks.md")
endif()
