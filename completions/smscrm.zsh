#compdef smscrm
# zsh completion for smscrm: asks the program itself what may come next.
_smscrm() {
  local -a candidates
  local line word
  for line in "${(@f)$(${words[1]} __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
      return
    elif [[ -n $line ]]; then
      # _describe takes "word:description" with the colons of the word escaped.
      word=${${line%%$'\t'*}//:/\\:}
      [[ $line == *$'\t'* ]] && word+=":${line#*$'\t'}"
      candidates+=("$word")
    fi
  done
  _describe -V 'smscrm' candidates
}
if [[ ${funcstack[1]} == _smscrm ]]; then
  _smscrm "$@"
else
  compdef _smscrm smscrm
fi
