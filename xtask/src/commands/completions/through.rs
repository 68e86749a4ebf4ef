//! The end of a completion script by which a shell completes `cargo xtask` and `npx pgaccord`:
//! everything after the first word, with the completions of the second. Whatever else the first
//! word can do is completed as before.

use clap_complete::Shell;

/// In bash a command has one completion function. The one before is found by `complete -p`;
/// bash-completion loads it late, so that it is asked for it first.
const BASH: &str = r#"
_%FUNCTION%_through_%RUNNER%() {
    if [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} == %NAME% ]]; then
        COMP_WORDS=("${COMP_WORDS[@]:1}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _%FUNCTION% %NAME% "$2" "$3"
    elif [[ -n $_%FUNCTION%_before ]]; then
        "$_%FUNCTION%_before" "$@"
    fi
}

if declare -F _comp_load >/dev/null; then
    _comp_load %RUNNER%
elif declare -F _completion_loader >/dev/null; then
    _completion_loader %RUNNER%
fi
if [[ $(complete -p %RUNNER% 2>/dev/null) =~ \ -F\ ([^ ]+) && ${BASH_REMATCH[1]} != _%FUNCTION%_through_%RUNNER% ]]; then
    _%FUNCTION%_before=${BASH_REMATCH[1]}
fi
complete -F _%FUNCTION%_through_%RUNNER% -o bashdefault -o default %RUNNER%
"#;

const ZSH: &str = r#"
_%FUNCTION%_through_%RUNNER%() {
    if (( CURRENT > 2 )) && [[ ${words[2]} == %NAME% ]]; then
        shift words
        (( CURRENT-- ))
        _%FUNCTION%
    else
        ${=_%FUNCTION%_before:-_default}
    fi
}

[[ ${_comps[%RUNNER%]} == _%FUNCTION%_through_%RUNNER% ]] || _%FUNCTION%_before=${_comps[%RUNNER%]}
compdef _%FUNCTION%_through_%RUNNER% %RUNNER%
"#;

/// Fish can be asked what it would complete for another command line.
const FISH: &str = r#"
function __fish_%FUNCTION%_through_%RUNNER%
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = %NAME%
end

function __fish_%FUNCTION%_of_%RUNNER%
    set -l words (commandline -opc)
    complete --do-complete (string join " " -- $words[2..-1] (commandline -ct))
end

complete -c %RUNNER% -n __fish_%FUNCTION%_through_%RUNNER% -f -a "(__fish_%FUNCTION%_of_%RUNNER%)"
"#;

const NEITHER: &str = "\n# Completes `%NAME%`. This shell cannot complete `%RUNNER% %NAME%`.\n";

/// The text to add to the script for `name`, for people who type `runner name`.
pub fn script(shell: Shell, runner: &str, name: &str) -> String {
    let text = match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
        _ => NEITHER,
    };
    // clap names its functions like this.
    let function = name.replace('-', "__");
    text.replace("%FUNCTION%", &function)
        .replace("%RUNNER%", runner)
        .replace("%NAME%", name)
}
