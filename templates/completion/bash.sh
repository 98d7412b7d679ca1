# Completion of autosync for bash. In ~/.bashrc:   eval "$(autosync completion bash)"
_autosync() {
  local line word words=() current=${COMP_WORDS[COMP_CWORD]}
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    case $word in
      [\"\']*) word=${word:1} ;;
      *) word=${word//\\/} ;;
    esac
    words+=("$word")
  done
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("${line%%$'\t'*}"); done < <("$1" __complete "${words[@]}" 2>/dev/null)
  case ${COMPREPLY[0]-} in
    /* | \~*)
      # Readline quotes blanks in what it takes for names of files; bash 3 cannot be told so here.
      if type compopt >/dev/null 2>&1; then
        compopt -o filenames
      else
        for word in "${!COMPREPLY[@]}"; do COMPREPLY[word]=$(printf '%q' "${COMPREPLY[word]}"); done
      fi
      ;;
  esac
}
complete -o default -F _autosync autosync
