# Completion of jtfa for fish. In ~/.config/fish/config.fish: jtfa completion fish | source
# The program itself says what may stand at the cursor; where it knows nothing, as of files, fish completes names of files.
function __jtfa_complete
    set -l program (string replace -r '^~' $HOME (commandline -opc)[1])
    set -l word (commandline -ct)
    set -l suggestions ($program '[suggest]' (commandline -cp) 2>/dev/null)
    if test (count $suggestions) -eq 0
        __fish_complete_path $word
    else if string match -q -- '--*=*' $word
        printf '%s\n' (string replace -r '=.*' '=' -- $word)$suggestions
    else
        printf '%s\n' $suggestions
    end
end
complete -c jtfa -f -a '(__jtfa_complete)'
