# Sourced after need_php: where this PHP keeps extensions and ini files.
# shellcheck shell=bash disable=SC2034
PHP_MINOR=${PHP_VERSION%.*}
EXTENSION_FILE=${DESTDIR:-}$("$PHP_CONFIG" --extension-dir)/highper.so
ENABLE='' DISABLE=''
if [ -d "/etc/php/$PHP_MINOR/mods-available" ] && [ "$PHP" = "/usr/bin/php$PHP_MINOR" ]; then
    # Debian: enabled for the CLI only; elsewhere the extension would do nothing anyway.
    INI_FILE=${DESTDIR:-}/etc/php/$PHP_MINOR/mods-available/highper.ini
    if [ -z "${DESTDIR:-}" ]; then ENABLE=phpenmod DISABLE=phpdismod; fi
else
    ini_folder=$("$PHP" -r 'echo explode(PATH_SEPARATOR, PHP_CONFIG_FILE_SCAN_DIR)[0];')
    [ -n "$ini_folder" ] || die "$PHP reads no folder of ini files; add the line extension=highper.so to $("$PHP" -r 'echo PHP_CONFIG_FILE_PATH;')/php.ini yourself"
    INI_FILE=${DESTDIR:-}$ini_folder/30-highper.ini
fi
