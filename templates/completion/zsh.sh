#compdef autosync
# Completion of autosync for zsh. In ~/.zshrc, after compinit:   eval "$(autosync completion zsh)"
_autosync() {
  local line
  local -a values texts
  for line in "${(@f)$("${words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    values+=("${line%%$'\t'*}")
    texts+=("${line/$'\t'/  -- }")
  done
  if (( ${#values} == 0 )); then
    _files
  elif [[ ${values[1]} == [/~]* ]]; then
    compadd -f -a values
  else
    compadd -l -d texts -a values
  fi
}
compdef _autosync autosync
