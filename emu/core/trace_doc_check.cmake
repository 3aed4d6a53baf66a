# trace_doc_check.cmake - fails when docs/events.md is not what the table of events says
#
#   cmake -DPROGRAM=…/trace_doc -DPAGE=…/docs/events.md -DSCRATCH=…/events.md -P trace_doc_check.cmake

execute_process(COMMAND ${PROGRAM} OUTPUT_FILE ${SCRATCH} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${SCRATCH} ${PAGE} RESULT_VARIABLE differs)
if(differs)
  message(FATAL_ERROR "docs/events.md is out of date: ${PROGRAM} > docs/events.md")
endif()
