# causes_doc_check.cmake - fails when docs/causes.md is not what the table of causes says
#
#   cmake -DPROGRAM=…/causes_doc -DPAGE=…/docs/causes.md -DSCRATCH=…/causes.md -P causes_doc_check.cmake

execute_process(COMMAND ${PROGRAM} OUTPUT_FILE ${SCRATCH} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${SCRATCH} ${PAGE} RESULT_VARIABLE differs)
if(differs)
  message(FATAL_ERROR "docs/causes.md is out of date: ${PROGRAM} > docs/causes.md")
endif()
