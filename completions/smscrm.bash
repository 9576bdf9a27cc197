# bash completion for smscrm: asks the program itself what may come next.
_smscrm() {
  local -a words=()
  local i line word raw=${COMP_WORDS[COMP_CWORD]} typed kept IFS=$'\n'
  COMPREPLY=()
  # Numbers come the newest first.
  compopt -o nosort 2>/dev/null
  # bash cuts words at ":" and "=", which the program does not.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i > 1)) && { [[ $word == [:=]* ]] || [[ ${COMP_WORDS[i-1]} == *[:=] ]]; }; then
      words[${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
  done
  typed=${words[${#words[@]}-1]}
  [[ $raw == [:=] ]] && raw=
  kept=${typed%"$raw"}
  while read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY+=($(compgen -f -- "$raw"))
    else
      line=${line%%$'\t'*}
      COMPREPLY+=("${line#"$kept"}")
    fi
  done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2>/dev/null)
}
complete -F _smscrm smscrm
