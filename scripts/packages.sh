# Debian's packages that the whole gate wants: what builds, PHP, and what the tests talk to. Sourced by .ci/run and scripts/test-trixie.
# shellcheck shell=bash disable=SC2034
GATE_PACKAGES=(ca-certificates openssl git curl gcc libc6-dev make clang libclang-dev pkg-config python3 php-cli php-dev php-sqlite3
    php-cgi php-fpm php-mbstring php-curl php-mysql php-redis php-xdebug php-pcov mariadb-server redis-server nodejs npm chromium
    php-illuminate-database php-doctrine-dbal php-guzzlehttp-guzzle php-amqp php-imap php-ldap php-memcached php-mongodb php-odbc
    php-pgsql php-soap php-xml beanstalkd dovecot-imapd iproute2 memcached odbc-mariadb odbc-postgresql openssh-server php-amqplib php-apcu
    php-igbinary php-imagick php-intl php-msgpack php-nyholm-psr7 php-predis php-ssh2 php-symfony-http-client php-twig phpunit postgresql rabbitmq-server slapd vsftpd)
