#!/usr/bin/env bash
# The house rules: formatting, the table of rooms, names and bug patterns, scripts. Changes no tracked file.
#   tools/lint.sh [JOBS]
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${1:-2}
python=/usr/bin/python3
failed=()

# Every check runs, so that one call tells all that is wrong.
check() {
  local name=$1
  shift
  "$@" || failed+=("$name")
}

tracked() { git ls-files -z -- "$@" | while IFS= read -r -d '' file; do [[ -e $file ]] && printf '%s\0' "$file"; done; }

formatting() { tracked '*.cpp' '*.hpp' | xargs -0 -r clang-format-14 --style=file --dry-run -Werror; }

shell_scripts() {
  local file bad=0
  while IFS= read -r -d '' file; do
    bash -n "$file" || bad=1
  done < <(tracked '*.sh' .ci/run)
  return $bad
}

python_scripts() { tracked '*.py' | xargs -0 -r "$python" -c '
import sys
for path in sys.argv[1:]:
    compile(open(path, encoding="utf-8").read(), path, "exec")'; }

# Without precompiled headers, which clang-tidy cannot read from GCC.
clang_tidy() {
  local stamp=build-lint/.configured
  if [[ ! -e $stamp || CMakePresets.json -nt $stamp ]]; then
    cmake --preset release -B build-lint -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >build-lint.log 2>&1 || {
      cat build-lint.log >&2
      return 1
    }
    mv build-lint.log build-lint/configure.log
    touch "$stamp"
  fi
  # CMake notices changed CMakeLists.txt here, and headers that the build makes are made.
  ninja -C build-lint build.ninja >build-lint/generate.log 2>&1 &&
    ninja -C build-lint -t targets all | sed -n 's/^\(.*\.hpp\): CUSTOM_COMMAND$/\1/p' |
    xargs -r ninja -C build-lint -j "$jobs" >>build-lint/generate.log 2>&1 || {
    cat build-lint/generate.log >&2
    return 1
  }
  "$python" tools/tidy.py --build build-lint --jobs "$jobs"
}

page() {
  [[ -e web/package.json ]] || return 0
  (cd web && { [[ -d node_modules ]] || npm ci --silent --no-audit --no-fund; } && npm run --silent check)
}

check "formatting (make format settles it)" formatting
check "the table of rooms" "$python" tools/check_includes.py
check "shell scripts" shell_scripts
check "Python scripts" python_scripts
check "the page's types" page
check "clang-tidy" clang_tidy

if [[ ${#failed[@]} -gt 0 ]]; then
  printf 'lint: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "lint: everything holds"
