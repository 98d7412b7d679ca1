# Completion of autosync for fish:   autosync completion fish >~/.config/fish/completions/autosync.fish
function __autosync_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    set -l found ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c autosync -f -a '(__autosync_complete)'
