<?php

declare(strict_types=1);

namespace HighperTest;

/** Private services, as those of Daemon. */
final class Services
{
    /** PostgreSQL: user `postgres`, no password, database `postgres`. The socket is a folder's file; PDO wants the folder. */
    public static function postgreSql(int $connections = 100): Daemon
    {
        return self::startPostgreSql('postgresql', $connections, ['--auth=trust'], []);
    }

    /** PostgreSQL on a port of 127.0.0.1, only by TLS and SCRAM: user `postgres`, password `secret`. Its address is in `$address`. */
    public static function postgreSqlTls(int $connections, ?string &$address): Daemon
    {
        $port = free_port();
        $address = "host=127.0.0.1 port={$port} user=postgres password=secret sslmode=require";
        file_put_contents($password = temp_path('password'), 'secret');
        chmod($password, 0o644);
        $key = openssl_pkey_new(['private_key_bits' => 2048]);
        openssl_pkey_export_to_file($key, temp_path('key.pem'));
        openssl_x509_export_to_file(openssl_csr_sign(openssl_csr_new(['commonName' => 'localhost'], $key), null, $key, 2), temp_path('cert.pem'));
        if (posix_geteuid() === 0) {
            chown(temp_path('key.pem'), 'postgres');
        }
        chmod(temp_path('key.pem'), 0o600);

        return self::startPostgreSql('tls', $connections, ['--auth-local=trust', '--auth-host=scram-sha-256', "--pwfile={$password}"], [
            'listen_addresses' => '127.0.0.1', 'port' => $port, 'ssl' => 'on', 'ssl_cert_file' => temp_path('cert.pem'), 'ssl_key_file' => temp_path('key.pem')]);
    }

    private static function startPostgreSql(string $name, int $connections, array $init, array $options): Daemon
    {
        $folder = self::folder($name);
        // It refuses to run as root.
        $as = posix_geteuid() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
        if ($as) {
            chown($folder, 'postgres');
        }
        Daemon::run([...$as, Daemon::find('initdb'), '--no-sync', '--username=postgres', '--no-locale', '--encoding=UTF8', '-D', "{$folder}/data", ...$init]);
        $options += ['listen_addresses' => '', 'port' => 5432, 'unix_socket_directories' => $folder, 'max_connections' => $connections, 'fsync' => 'off',
            'shared_buffers' => '16MB', 'autovacuum' => 'off', 'log_min_messages' => 'fatal'];
        $command = [...$as, Daemon::find('postgres'), '-D', "{$folder}/data"];
        foreach ($options as $option => $value) {
            array_push($command, '-c', "{$option}={$value}");
        }
        $daemon = Daemon::start($command, "{$folder}/.s.PGSQL.{$options['port']}", end: SIGQUIT);
        wait_until(static fn () => @pg_connect("host={$folder} port={$options['port']} user=postgres"), 'a connection to PostgreSQL', 30);

        return $daemon;
    }

    /** memcached on a local socket. */
    public static function memcached(): Daemon
    {
        $socket = temp_path('memcached.sock');

        return Daemon::start([Daemon::find('memcached'), '-s', $socket, '-c', '1000', '-u', 'root', '-t', '1'], $socket);
    }

    /**
     * Passes on to a service on a local socket or host:port. From SIGUSR1 on, what the service says is held back for
     * `$seconds`: a service that cannot wait by itself becomes one that takes its time.
     */
    public static function slow(string $target, float $seconds): Daemon
    {
        $address = '127.0.0.1:' . free_port();

        return Daemon::start([Daemon::find('python3'), __DIR__ . '/slow.py', $address, $target, (string) $seconds], $address);
    }

    /** Redis as a cluster of one, on a port. */
    public static function redisCluster(): Daemon
    {
        [$port, $bus] = [free_port(), free_port()];
        $daemon = Daemon::start([Daemon::find('redis-server'), '--port', (string) $port, '--bind', '127.0.0.1', '--cluster-enabled', 'yes', '--cluster-port', (string) $bus,
            '--cluster-announce-ip', '127.0.0.1', '--cluster-config-file', 'nodes', '--save', '', '--dir', temp_path('')], "127.0.0.1:{$port}");
        $redis = new \Redis();
        $redis->connect('127.0.0.1', $port);
        $redis->rawCommand('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
        wait_until(static fn () => str_contains((string) $redis->rawCommand('CLUSTER', 'INFO'), 'cluster_state:ok'), 'a cluster that is ready', 10);

        return $daemon;
    }

    /** OpenLDAP below dc=test: cn=admin,dc=test with the password `secret`. */
    public static function ldap(): Daemon
    {
        $folder = self::folder('ldap');
        file_put_contents("{$folder}/slapd.conf", <<<CONF
            moduleload /usr/lib/ldap/back_mdb.la
            include /etc/ldap/schema/core.schema
            pidfile {$folder}/pid
            database mdb
            maxsize 10485760
            suffix "dc=test"
            rootdn "cn=admin,dc=test"
            rootpw secret
            directory {$folder}
            dbnosync
            CONF . "\n");
        $address = '127.0.0.1:' . free_port();
        $daemon = Daemon::start([Daemon::find('slapd'), '-h', "ldap://{$address}", '-f', "{$folder}/slapd.conf", '-d', '0'], $address);
        file_put_contents("{$folder}/base.ldif", "dn: dc=test\nobjectClass: dcObject\nobjectClass: organization\no: test\ndc: test\n");

        return $daemon;
    }

    /** Dovecot's IMAP: every user has the password `secret` and an INBOX with the messages of $mail. */
    public static function imap(array $mail): Daemon
    {
        $folder = self::folder('imap');
        foreach ($mail as $user => $subjects) {
            @mkdir("{$folder}/mail/{$user}/new", 0o755, true);
            foreach ($subjects as $n => $subject) {
                file_put_contents("{$folder}/mail/{$user}/new/{$n}.test", "From: a@b\r\nSubject: {$subject}\r\n\r\nbody of {$user}\r\n");
            }
        }
        Daemon::run(['chown', '-R', 'nobody', "{$folder}/mail"]);
        $port = free_port();
        file_put_contents("{$folder}/conf", <<<CONF
            base_dir = {$folder}/run
            log_path = {$folder}/log
            protocols = imap
            ssl = no
            disable_plaintext_auth = no
            mail_location = maildir:{$folder}/mail/%u
            first_valid_uid = 1
            mail_max_userip_connections = 1000
            default_process_limit = 1000
            passdb {
              driver = static
              args = password=secret
            }
            userdb {
              driver = static
              args = uid=nobody gid=nogroup home={$folder}/mail/%u
            }
            service imap-login {
              inet_listener imap {
                address = 127.0.0.1
                port = {$port}
              }
              inet_listener imaps {
                port = 0
              }
              service_count = 0
              process_min_avail = 1
              process_limit = 2
              client_limit = 1000
              chroot =
            }
            service stats {
              chroot =
            }
            CONF . "\n");

        return Daemon::start([Daemon::find('dovecot'), '-F', '-c', "{$folder}/conf"], "127.0.0.1:{$port}", end: SIGTERM);
    }

    /** vsftpd for anonymous users, who may write to `upload`. */
    public static function ftp(): Daemon
    {
        $folder = self::folder('ftp');
        mkdir("{$folder}/empty");
        mkdir("{$folder}/root");
        mkdir("{$folder}/root/upload");
        Daemon::run(['chown', 'ftp', "{$folder}/root/upload"]);
        $port = free_port();
        $options = ['listen' => 'YES', 'listen_ipv6' => 'NO', 'listen_address' => '127.0.0.1', 'listen_port' => $port, 'background' => 'NO', 'anonymous_enable' => 'YES',
            'local_enable' => 'NO', 'write_enable' => 'YES', 'anon_upload_enable' => 'YES', 'anon_other_write_enable' => 'YES', 'anon_mkdir_write_enable' => 'YES',
            'anon_umask' => '022', 'anon_root' => "{$folder}/root", 'secure_chroot_dir' => "{$folder}/empty", 'no_anon_password' => 'YES', 'max_clients' => 0, 'max_per_ip' => 0,
            'xferlog_enable' => 'NO', 'seccomp_sandbox' => 'NO', 'isolate' => 'NO', 'isolate_network' => 'NO', 'delay_failed_login' => 0];
        $text = '';
        foreach ($options as $name => $value) {
            $text .= "{$name}={$value}\n";
        }
        file_put_contents("{$folder}/conf", $text);

        return Daemon::start([Daemon::find('vsftpd'), "{$folder}/conf"], "127.0.0.1:{$port}", end: SIGTERM);
    }

    /** RabbitMQ: user and password `guest`. Its Erlang gets a port mapper of its own, in `$mapper`. */
    public static function rabbitMq(?Daemon &$mapper): Daemon
    {
        $folder = self::folder('rabbitmq');
        [$port, $mapped, $distribution] = [free_port(), free_port(), free_port()];
        $mapper = Daemon::start([Daemon::find('epmd'), '-port', (string) $mapped, '-address', '127.0.0.1'], "127.0.0.1:{$mapped}");
        file_put_contents("{$folder}/rabbitmq.conf", "listeners.tcp.1 = 127.0.0.1:{$port}\nlog.console = false\nlog.file = false\nvm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 1MB\n");
        file_put_contents("{$folder}/plugins", '[].');
        $as = posix_geteuid() === 0 ? ['setpriv', '--reuid=rabbitmq', '--regid=rabbitmq', '--clear-groups'] : [];
        if ($as) {
            Daemon::run(['chown', '-R', 'rabbitmq', $folder]);
        }

        // The script in /usr/sbin changes users by itself and needs a login for that.
        return Daemon::start([...$as, ...glob('/usr/lib/rabbitmq/bin/rabbitmq-server')], "127.0.0.1:{$port}", [
            'HOME' => $folder, 'ERL_EPMD_PORT' => (string) $mapped, 'RABBITMQ_DIST_PORT' => (string) $distribution,
            'RABBITMQ_NODENAME' => "test{$port}@localhost", 'RABBITMQ_MNESIA_BASE' => $folder, 'RABBITMQ_LOG_BASE' => $folder,
            'RABBITMQ_CONFIG_FILE' => "{$folder}/rabbitmq.conf", 'RABBITMQ_ENABLED_PLUGINS_FILE' => "{$folder}/plugins",
            'RABBITMQ_CONF_ENV_FILE' => "{$folder}/none", 'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS' => '+S 1:1 +sbwt none',
        ], SIGTERM, 90);
    }

    /** OpenSSH: the user that the test runs as, with the key of the file `key` and `key.pub` beside the socket's log. */
    public static function ssh(): Daemon
    {
        $folder = self::folder('ssh');
        foreach (['host', 'key'] as $name) {
            Daemon::run([Daemon::find('ssh-keygen'), '-q', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '', '-f', "{$folder}/{$name}"]);
        }
        $address = '127.0.0.1:' . free_port();
        @mkdir('/run/sshd', 0o755);
        file_put_contents("{$folder}/conf", "ListenAddress {$address}\nHostKey {$folder}/host\nAuthorizedKeysFile {$folder}/key.pub\nStrictModes no\nUsePAM no\n"
            . "PermitRootLogin yes\nPidFile none\nMaxStartups 1000\nUseDNS no\nSubsystem sftp internal-sftp\nPubkeyAcceptedAlgorithms +ssh-rsa\nHostKeyAlgorithms +ssh-rsa\n");

        return Daemon::start([Daemon::find('sshd'), '-D', '-e', '-f', "{$folder}/conf"], $address, end: SIGTERM);
    }

    /** What a MongoDB driver takes for a server, with a command `sleep: seconds`. */
    public static function mongoDb(): Daemon
    {
        $address = '127.0.0.1:' . free_port();

        return Daemon::start([Daemon::find('python3'), __DIR__ . '/mongo.py', $address], $address);
    }

    /** Why a test must be skipped: an extension that PHP could load is not there. */
    public static function lacks(string ...$extensions): string
    {
        foreach ($extensions as $extension) {
            if (! extension_loaded($extension) && ! is_file(ini_get('extension_dir') . "/{$extension}.so")) {
                return "skip needs the extension {$extension}";
            }
        }

        return '';
    }

    /** Why a test must be skipped: its service starts as root only. */
    public static function needsRoot(): string
    {
        return posix_geteuid() === 0 ? '' : 'skip its service starts as root only';
    }

    /** Why a test must be skipped: a PHP library, as Debian packages them, is not there. */
    public static function lacksFile(string ...$files): string
    {
        foreach ($files as $file) {
            if (! stream_resolve_include_path($file)) {
                return "skip needs the library {$file}";
            }
        }

        return '';
    }

    /** A folder for a service that runs as another user. */
    private static function folder(string $name): string
    {
        $folder = temp_path($name);
        chmod(dirname($folder), 0o755);
        mkdir($folder, 0o755);

        return $folder;
    }
}
