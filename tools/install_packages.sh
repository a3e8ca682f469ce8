#!/usr/bin/env bash
# Installs the Debian packages of packages/debian.txt that are missing, saying so.
#   tools/install_packages.sh          what building and running needs
#   tools/install_packages.sh --test   packages/debian-test.txt too
#   tools/install_packages.sh --fuzz   packages/debian-fuzz.txt too
#   tools/install_packages.sh --list   print what is missing, install nothing
# A line of those files is `package  why`; `package|command` is not installed where `command` is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

lists=(packages/debian.txt)
only_list=false
for argument in "$@"; do
  case $argument in
    --test) lists+=(packages/debian-test.txt) ;;
    --fuzz) lists+=(packages/debian-fuzz.txt) ;;
    --list) only_list=true ;;
    *)
      echo "install_packages.sh: unknown argument: $argument: give --test, --fuzz, --list or nothing" >&2
      exit 2
      ;;
  esac
done

wanted=()
while read -r name _; do
  case $name in
    '' | '#'*) ;;
    *'|'*) command -v "${name#*|}" >/dev/null || wanted+=("${name%%|*}") ;;
    *) wanted+=("$name") ;;
  esac
done < <(cat "${lists[@]}")

if ! command -v dpkg-query >/dev/null; then
  echo "install_packages.sh: this is no Debian system: install what these packages hold by your system's own means," >&2
  echo "then go on with cmake --preset release: ${wanted[*]}" >&2
  exit 1
fi

declare -A installed=()
while read -r name status; do
  [[ $status == installed ]] && installed[$name]=1
done < <(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)

missing=()
for name in "${wanted[@]}"; do
  [[ -n ${installed[$name]:-} ]] || missing+=("$name")
done

if [[ ${#missing[@]} -eq 0 ]]; then
  exit 0
fi
if $only_list; then
  printf '%s\n' "${missing[@]}"
  exit 0
fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "install_packages.sh: Debian packages are missing, and this is neither root nor is there sudo: as root, run" >&2
    echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${#missing[@]} Debian packages (packages/*.txt says what each is for): ${missing[*]}"
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 "$@" </dev/null; }
apt update -qq
apt install -y -qq --no-install-recommends "${missing[@]}"
