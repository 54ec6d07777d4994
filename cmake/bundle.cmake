# Joins JavaScript modules, so that a browser asks once for what belongs together. What it understands of the language is
# what web/ has: `import … from './NAME.js';` and `export` in front of a declaration, each at the beginning of a line.
set(BUNDLE_IMPORT "\nimport ([^;\n]+) from './([a-z-]+)\\.js'")

# bundle_imports(OUT FILE): the names of the modules that FILE imports.
function(bundle_imports OUT FILE)
  file(READ ${FILE} content)
  string(REGEX MATCHALL "${BUNDLE_IMPORT}" found "\n${content}")
  list(TRANSFORM found REPLACE "${BUNDLE_IMPORT}" "\\2")
  set(${OUT} "${found}" PARENT_SCOPE)
endfunction()

# bundle_resolved(OUT FILE): FILE, its imports taken from constants, $NAME. Appends those that are missing to the property
# BUNDLE: each is a function that is called at once and returns what it exports.
function(bundle_resolved OUT FILE)
  get_filename_component(directory ${FILE} DIRECTORY)
  bundle_imports(names ${FILE})
  foreach(name IN LISTS names)
    get_property(bundled GLOBAL PROPERTY BUNDLED)
    if(NOT name IN_LIST bundled)
      set_property(GLOBAL APPEND PROPERTY BUNDLED ${name})
      bundle_resolved(content ${directory}/${name}.js)
      string(REGEX MATCHALL "\nexport (async )?[a-z]+ [A-Za-z_]+" exports "${content}")
      list(TRANSFORM exports REPLACE ".* " "")
      list(JOIN exports ", " exports)
      string(REGEX REPLACE "\nexport " "\n" content "${content}")
      set_property(GLOBAL APPEND_STRING PROPERTY BUNDLE "const $${name} = (() => {${content}return { ${exports} };\n})();\n\n")
    endif()
  endforeach()
  file(READ ${FILE} content)
  string(REGEX REPLACE "\nimport \\* as ([^;\n]+) from './([a-z-]+)\\.js'" "\nconst \\1 = $\\2" content "\n${content}")
  string(REGEX REPLACE "${BUNDLE_IMPORT}" "\nconst \\1 = $\\2" content "${content}")
  set(${OUT} "${content}" PARENT_SCOPE)
endfunction()

# bundle(OUT FILE): FILE with all that it imports.
function(bundle OUT FILE)
  set_property(GLOBAL PROPERTY BUNDLED "")
  set_property(GLOBAL PROPERTY BUNDLE "")
  bundle_resolved(content ${FILE})
  get_property(imported GLOBAL PROPERTY BUNDLE)
  set(${OUT} "${imported}${content}" PARENT_SCOPE)
endfunction()
