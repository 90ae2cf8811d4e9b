<?php
/**
 * Calls that take 0.1 s: each entry connects, and returns the call. A new library is an entry here, and a line in
 * benchmarks/cases/clients.py.
 *
 * @return array<string, Closure(array $services): Closure(): void>
 */

function expect(mixed $wanted, mixed $found): void
{
    $wanted === $found || throw new UnexpectedValueException('wanted ' . var_export($wanted, true) . ', found ' . var_export($found, true));
}

/** @param resource $stream */
function ask($stream): Closure
{
    return static function () use ($stream): void {
        expect(6, fwrite($stream, "hello\n"));
        expect("hello\n", fgets($stream));
    };
}

/** @return resource */
function open(string $address)
{
    $context = stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
    return stream_socket_client($address, $code, $message, 30, context: $context) ?: throw new RuntimeException($message);
}

return [
    'sleep' => static fn () => static fn () => usleep(100_000),
    'tcp' => static fn (array $services) => ask(open("tcp://127.0.0.1:{$services['slow']['tcp']}")),
    'unix' => static fn (array $services) => ask(open("unix://{$services['slow']['unix']}")),
    'tls' => static fn (array $services) => ask(open("tls://127.0.0.1:{$services['slow']['tls']}")),
    'tls-connect' => static fn (array $services) => static fn () => ask(open("tls://127.0.0.1:{$services['slow']['tls']}"))(),
    'sockets' => static function (array $services): Closure {
        $socket = socket_create(AF_INET, SOCK_STREAM, 0);
        expect(true, socket_connect($socket, '127.0.0.1', $services['slow']['tcp']));
        return static function () use ($socket): void {
            expect(6, socket_write($socket, "hello\n"));
            expect("hello\n", socket_read($socket, 6));
        };
    },
    'curl' => static function (array $services): Closure {
        $curl = curl_init("http://127.0.0.1:{$services['slow']['tcp']}/");
        curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
        expect('hello', curl_exec($curl));
        curl_setopt($curl, CURLOPT_URL, "http://127.0.0.1:{$services['slow']['tcp']}/slow");
        return static fn () => expect('hello', curl_exec($curl));
    },
    'redis' => static function (array $services): Closure {
        $redis = new Redis();
        $redis->connect(...$services['redis']);
        return static fn () => expect([], $redis->rawCommand('BLPOP', 'none', '0.1'));
    },
    'pdo-mysql' => static function (array $services): Closure {
        $pdo = new PDO(...$services['mysql']['pdo']);
        return static fn () => expect(0, (int) $pdo->query('SELECT SLEEP(0.1)')->fetchColumn());
    },
    'mysqli' => static function (array $services): Closure {
        $mysqli = new mysqli(...$services['mysql']['mysqli']);
        return static fn () => expect(['0'], $mysqli->query('SELECT SLEEP(0.1)')->fetch_row());
    },
    'pdo-pgsql' => static function (array $services): Closure {
        $pdo = new PDO('pgsql:' . strtr($services['postgres'], ' ', ';'));
        $statement = $pdo->prepare('SELECT 1 FROM pg_sleep(?)');
        $statement->execute([0]);                          // which prepares it; what follows is one question and its answer
        $statement->closeCursor();
        return static function () use ($statement): void {
            expect(true, $statement->execute([0.1]));
            expect(1, $statement->fetchColumn());
        };
    },
    'pgsql' => static function (array $services): Closure {
        $pgsql = pg_connect($services['postgres'], PGSQL_CONNECT_FORCE_NEW);
        return static fn () => expect(['1'], pg_fetch_row(pg_query($pgsql, 'SELECT 1 FROM pg_sleep(0.1)')));
    },
    'exec' => static fn () => static function (): void {
        expect('done', exec('sleep 0.1; echo done'));
    },
    'proc-open' => static fn () => static function (): void {
        $process = proc_open(['sleep', '0.1'], [1 => ['pipe', 'w']], $pipes);
        expect('', stream_get_contents($pipes[1]));
        expect(0, proc_close($process));
    },
];
