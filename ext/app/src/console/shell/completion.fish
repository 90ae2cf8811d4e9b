# Completes `php NAME …`. For this shell: php NAME completion fish | source. For good: put that into ~/.config/fish/config.fish, with the path of the script.
set -ga __highper_scripts SCRIPT

function __highper_look
    set -g __highper_found
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    for place in (seq (count $words))
        contains -- (realpath -- $words[$place] 2> /dev/null) $__highper_scripts; or continue
        set -l rest
        test $place -lt (count $words); and set rest $words[(math $place + 1)..-1]
        set -g __highper_found ($words[1..$place] _complete $rest "$last" 2> /dev/null < /dev/null | string match '*'\t'*')
        break
    end
    test (count $__highper_found) -gt 0
end

for name in php NAME
    complete -c $name -n __highper_look -f -a '(printf "%s\n" $__highper_found)'
end
