# Completion of jtfa for bash. In ~/.bashrc: source <(jtfa completion bash)
# The program itself says what may stand at the cursor; where it knows nothing, as of files, bash completes names of files.
_jtfa() {
  local line=${COMP_LINE:0:COMP_POINT} program=${COMP_WORDS[0]/#\~/$HOME} suggestion
  COMPREPLY=()
  while IFS= read -r suggestion; do
    COMPREPLY+=("${suggestion%%$'\t'*}")
  done < <("$program" '[suggest]' "$line" 2>/dev/null)
}
complete -o default -F _jtfa jtfa
