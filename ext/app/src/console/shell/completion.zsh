# Completes `php NAME …`. For this shell: eval "$(php NAME completion zsh)". For good: put that into ~/.zshrc, behind compinit, with the path of the script.
typeset -gA _highper_scripts
_highper_scripts+=(SCRIPT 1)
(( ${+_highper_before} )) || typeset -g _highper_before="${_comps[php]:-_files}"

_highper() {
    local place word about
    local -a found
    for (( place = 1; place < CURRENT; place++ )); do
        local script="${${(Q)words[place]}:A}"
        [[ -n "${_highper_scripts[$script]}" ]] || continue
        while IFS=$'\t' read -r word about; do
            found+=("${word//:/\\:}${about:+:$about}")
        done < <("${(@Q)words[1,place]}" _complete "${(@Q)words[place+1,CURRENT]}" 2> /dev/null < /dev/null | grep $'\t')
        if (( $#found )); then _describe -V command found; else _files; fi
        return
    done
    $_highper_before "$@"
}
compdef _highper php NAME
