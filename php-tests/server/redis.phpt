--TEST--
Swoole\Redis\Server: commands and their handlers, replies of each kind, pieces, pipelines, errors, garbage
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port};
use HighperTest\{Server, TcpClient};
use Swoole\Redis\Server as Redis;

check('an error', Redis::format(Redis::ERROR) . Redis::format(Redis::ERROR, "two\r\nlines"), "-ERR\r\n-two  lines\r\n");
check('a status', Redis::format(Redis::STATUS) . Redis::format(Redis::STATUS, 'FINE'), "+OK\r\n+FINE\r\n");
check('values', Redis::format(Redis::NIL) . Redis::format(Redis::INT, '12') . Redis::format(Redis::STRING, 1.5), "$-1\r\n:12\r\n$3\r\n1.5\r\n");
check('a list', Redis::format(Redis::SET, [1, 'a', null, true, false, '', [2], ['k' => 3]]),
    "*8\r\n:1\r\n$1\r\na\r\n$-1\r\n:1\r\n:0\r\n$0\r\n\r\n*1\r\n:2\r\n*2\r\n$1\r\nk\r\n:3\r\n");
check('a map', Redis::format(Redis::MAP, ['a' => 1, 7 => ['b']]), "*4\r\n$1\r\na\r\n:1\r\n$1\r\n7\r\n*1\r\n$1\r\nb\r\n");
$thrown = function (Closure $call): string {
    try {
        return $call();
    } catch (Throwable $e) {
        return $e::class . ': ' . $e->getMessage();
    }
};
check('no value', $thrown(fn () => Redis::format(Redis::STRING)), 'Swoole\Exception: require more parameters');
check('no array', $thrown(fn () => Redis::format(Redis::SET, 1)), 'Swoole\Exception: the second parameter should be an array');
check('no kind', $thrown(fn () => Redis::format(77)), 'Swoole\Exception: Unknown type[77]');
check('no text', $thrown(fn () => Redis::format(Redis::STRING, new stdClass)), 'Error: Object of class stdClass could not be converted to string');
$endless = [];
$endless['me'] = &$endless;
check('an array in itself', $thrown(fn () => Redis::format(Redis::MAP, $endless)), 'Swoole\Exception: the array given is more than 128 arrays deep');

$plain = free_port();
$server = Server::start(<<<'PHP'
    <?php
    use Swoole\Redis\Server;
    $server = new Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_NONE, 'package_max_length' => 100_000]);
    $server->data = [];
    $server->setHandler('SET', function (int $fd, array $data) use ($server) {
        if (count($data) < 2) {
            return Server::format(Server::ERROR, "ERR wrong number of arguments for 'set' command");
        }
        $server->data[$data[0]] = $data[1];

        return Server::format(Server::STATUS);
    });
    $server->setHandler('get', function (int $fd, array $data) use ($server) {
        $value = $server->data[$data[0]] ?? null;
        $server->send($fd, Server::format($value === null ? Server::NIL : Server::STRING, $value));
    });
    $server->setHandler('echo', fn (int $fd, array $data) => Server::format(Server::SET, $data));
    $server->setHandler('slow', function (int $fd, array $data) {
        Swoole\Coroutine::sleep(0.01);

        return Server::format(Server::STATUS, 'SLEPT');
    });
    $server->setHandler('throw', fn () => throw new Exception('thrown by a handler'));
    $server->setHandler('replaced', fn () => Server::format(Server::INT, 1));
    $server->setHandler('REPLACED', fn () => Server::format(Server::INT, 2));
    $other = $server->listen('127.0.0.1', (int) getenv('PLAIN'), SWOOLE_SOCK_TCP);
    $other->set(['open_eof_split' => true, 'package_eof' => "\n"]);
    $other->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, 'plain ' . $data));
    echo json_encode([$server->getHandler('Get') instanceof Closure, $server->getHandler('nope')]), "\n";
    $server->start();
    PHP, environment: ['PLAIN' => (string) $plain]);

check('getHandler()', $server->waitForLog("\n"), "[true,null]\n");
$command = fn (string ...$words) => '*' . count($words) . "\r\n" . implode(array_map(fn ($word) => '$' . strlen($word) . "\r\n{$word}\r\n", $words));
$client = $server->connect();
$client->send($command('SET', 'key', "a\r\nb"));
check('SET', $client->readLine(), '+OK');
$client->send($command('gEt', 'key') . $command('GET', 'none') . $command('set', 'x'));
check('a pipeline', $client->read(strlen("$4\r\na\r\nb\r\n$-1\r\n")), "$4\r\na\r\nb\r\n$-1\r\n");
check('too few arguments', $client->readLine(), "-ERR wrong number of arguments for 'set' command");
foreach (str_split($command('SET', 'bytes', 'one by one')) as $byte) {
    $client->send($byte);
}
check('byte by byte', $client->readLine(), '+OK');
$client->send("*4\r\n$4\r\necho\r\n:5\r\n$-1\r\n$0\r\n\r\n");
check('numbers and no value', $client->read(19), "*3\r\n:5\r\n$-1\r\n$0\r\n\r\n");
$client->send($command('slow'));
check('a handler that waits', $client->readLine(), '+SLEPT');
$client->send($command('NOPE', '1') . $command("a\r\n+OK") . "*0\r\n");
check('commands that there are not', [$client->readLine(), $client->readLine(), $client->readLine()],
    ["-ERR unknown command 'NOPE'", "-ERR unknown command 'a  +OK'", "-ERR unknown command ''"]);
$client->send($command('replaced'));
check('the later handler', $client->readLine(), ':2');
$big = str_repeat('B', 90_000);
$client->send($command('SET', 'big', $big) . $command('GET', 'big'));
check('much', [$client->readLine(), $client->readLine(), $client->read(90_002) === "{$big}\r\n"], ['+OK', '$90000', true]);
$client->send($command('throw') . $command('replaced'));
check('a handler that throws', $client->readLine(), ':2');
$client->send($command('SET', 'big', str_repeat('x', 100_000)));
check('more than package_max_length', $client->isClosedWithin(5), true);
foreach (['no command' => "GET / HTTP/1.1\r\n\r\n", 'a wrong length' => "*1\r\n$2\r\nabc\r\n", 'a long name' => $command(str_repeat('n', 64)), 'too many' => "*99999999\r\n"] as $what => $bytes) {
    $bad = $server->connect();
    $bad->send($bytes);
    check($what, $bad->isClosedWithin(5), true);
}
$other = new TcpClient($plain);
$other->send("line\n");
check('another port', $other->readLine(), 'plain line');
check('exit code', $server->stop(), 0);
--EXPECT--
ok: an error
ok: a status
ok: values
ok: a list
ok: a map
ok: no value
ok: no array
ok: no kind
ok: no text
ok: an array in itself
ok: getHandler()
ok: SET
ok: a pipeline
ok: too few arguments
ok: byte by byte
ok: numbers and no value
ok: a handler that waits
ok: commands that there are not
ok: the later handler
ok: much
ok: a handler that throws
ok: more than package_max_length
ok: no command
ok: a wrong length
ok: a long name
ok: too many
ok: another port
ok: exit code
