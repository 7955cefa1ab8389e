#compdef jtfa
# Completion of jtfa for zsh. In ~/.zshrc behind compinit: source <(jtfa completion zsh)
# The program itself says what may stand at the cursor; where it knows nothing, as of files, zsh completes names of files.
_jtfa() {
  local program=${(Q)words[1]/#\~/$HOME} suggestion
  local -a described before
  before=("${(@)words[1,CURRENT-1]}")
  for suggestion in "${(@f)$("$program" '[suggest]' "${(j: :)before} $PREFIX" 2>/dev/null)}"; do
    [[ -n $suggestion ]] || continue
    if [[ $suggestion == *$'\t'* ]]; then
      described+=("${${suggestion%%$'\t'*}//:/\\:}:${suggestion#*$'\t'}")
    else
      described+=("${suggestion//:/\\:}")
    fi
  done
  if (( ${#described} == 0 )); then
    _files
    return
  fi
  [[ $PREFIX != --*=* ]] || compset -P '*='
  _describe jtfa described -M 'm:{a-zA-Z}={A-Za-z}'
}
if [[ ${funcstack[1]} == _jtfa ]]; then
  _jtfa "$@"
else
  compdef _jtfa jtfa
fi
