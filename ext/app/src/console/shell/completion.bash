# Completes `php NAME …`. For this shell: eval "$(php NAME completion bash)". For good: put that into ~/.bashrc, with the path of the script.
declare -gA _highper_scripts
_highper_scripts[SCRIPT]=1

_highper() {
    local line="${COMP_LINE:0:COMP_POINT}" words=() last rest place offer
    read -ra words <<< "$line"
    [[ "$line" == *[[:space:]] ]] && words+=("")
    for ((place = 0; place < ${#words[@]} - 1; place++)); do
        [[ -n "${words[place]}" && -n "${_highper_scripts["$(realpath -- "${words[place]}" 2> /dev/null)"]}" ]] || continue
        while IFS= read -r offer; do
            [[ "$offer" == *$'\t'* ]] && COMPREPLY+=("${offer%%$'\t'*}")
        done < <("${words[@]:0:place + 1}" _complete "${words[@]:place + 1}" 2> /dev/null < /dev/null)
        # What stands behind one of these is a word of its own for the line editor.
        last="${words[-1]}" rest="${words[-1]}"
        [[ "$COMP_WORDBREAKS" == *:* ]] && rest="${rest##*:}"
        [[ "$COMP_WORDBREAKS" == *=* ]] && rest="${rest##*=}"
        COMPREPLY=("${COMPREPLY[@]#"${last%"$rest"}"}")
        return
    done
}
complete -o bashdefault -o default -F _highper php NAME
