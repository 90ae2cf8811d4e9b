--TEST--
Packets on a stream: lengths, a length function, end marks, MQTT; cut anywhere; garbage, and what is too long
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port};
use HighperTest\Server;

$ports = array_map(fn () => free_port(), array_fill_keys(['split', 'end', 'function', 'mqtt', 'little'], 0));
$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR, 'open_length_check' => true, 'package_length_type' => 'N',
        'package_length_offset' => 0, 'package_body_offset' => 4, 'package_max_length' => 100_000]);
    $settings = [
        'split' => ['open_eof_split' => true, 'package_eof' => "\r\n", 'package_max_length' => 70_000],
        'end' => ['open_eof_check' => true, 'package_eof' => "\r\n"],
        'function' => ['open_length_check' => true, 'package_length_func' => fn ($data) => match (true) {
            strlen($data) < 2 => 0, $data[0] === 'x' => -1, $data[0] === 't' => throw new Exception('thrown by the length'), default => 2 + ord($data[1])}],
        'mqtt' => ['open_mqtt_protocol' => true],
        'little' => ['open_length_check' => true, 'package_length_type' => 'v', 'package_length_offset' => 2, 'package_body_offset' => 4],
    ];
    foreach (json_decode(getenv('PORTS'), true) as $name => $port) {
        $server->listen('127.0.0.1', $port, SWOOLE_SOCK_TCP)->set($settings[$name]);
    }
    $server->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, strlen($data) . ':' . md5($data) . "\n"));
    $server->start();
    PHP, environment: ['PORTS' => json_encode($ports)]);

function talk(int $port, string $bytes, int $lines, int $step = PHP_INT_MAX): array
{
    $socket = stream_socket_client("tcp://127.0.0.1:{$port}");
    stream_set_timeout($socket, 3);
    foreach (str_split($bytes, min($step, max(1, strlen($bytes)))) as $part) {
        @fwrite($socket, $part);
        $step < 100 && usleep(300);
    }
    $got = [];
    for ($i = 0; $i < $lines; $i++) {
        $got[] = trim((string) fgets($socket));
    }
    return $got;
}
$answers = fn (string ...$packets) => array_map(fn ($packet) => strlen($packet) . ':' . md5($packet), $packets);
$packets = array_map(fn ($n) => pack('N', $n) . str_repeat('p', $n), [0, 1, 10, 5000, 90_000, 3]);
check('lengths', talk($server->port, implode($packets), 6), $answers(...$packets));
check('lengths, in pieces of 7,000', talk($server->port, implode($packets), 6, 7000), $answers(...$packets));
$few = array_slice($packets, 0, 3);
check('lengths, byte by byte', talk($server->port, implode($few), 3, 1), $answers(...$few));
$many = array_map(fn ($n) => pack('N', $n % 50) . str_repeat('m', $n % 50), range(1, 3000));
check('3,000 at once, answered in their order', talk($server->port, implode($many), 3000) === $answers(...$many));
check('a length over the limit', talk($server->port, pack('N', 100_001), 1), ['']);
check('garbage for a length', talk($server->port, 'GET / HTTP/1.1', 1), ['']);
check('marks', talk($ports['split'], "one\r\ntwo\r\n\r\nfour\r", 3), $answers("one\r\n", "two\r\n", "\r\n"));
check('marks, byte by byte', talk($ports['split'], "one\r\ntwo\r\n", 2, 1), $answers("one\r\n", "two\r\n"));
check('no mark within the limit', talk($ports['split'], str_repeat('n', 80_000), 1), ['']);
check('a mark at the end takes all', talk($ports['end'], "one\r\ntwo\r\n", 1), $answers("one\r\ntwo\r\n"));
check('a length function', talk($ports['function'], "a\3bcdz\0y\1!", 3), $answers("a\3bcd", "z\0", "y\1!"));
check('it refuses', talk($ports['function'], 'xx', 1), ['']);
check('it throws', talk($ports['function'], 'tt', 1), ['']);
$publish = "\x30" . chr(0x80 | 72) . chr(1) . str_repeat('m', 200);
check('MQTT', talk($ports['mqtt'], "\xc0\x00" . $publish . "\xe0\x00", 3), $answers("\xc0\x00", $publish, "\xe0\x00"));
check('no MQTT', talk($ports['mqtt'], "\x30\xff\xff\xff\xff\xff", 1), ['']);
check('little endian, in the middle', talk($ports['little'], "ab\x03\x00xyzcd\x00\x00", 2), $answers("ab\x03\x00xyz", "cd\x00\x00"));
check('the server lives', talk($server->port, $packets[2], 1), $answers($packets[2]));
check('exit code', $server->stop(), 0);
--EXPECT--
ok: lengths
ok: lengths, in pieces of 7,000
ok: lengths, byte by byte
ok: 3,000 at once, answered in their order
ok: a length over the limit
ok: garbage for a length
ok: marks
ok: marks, byte by byte
ok: no mark within the limit
ok: a mark at the end takes all
ok: a length function
ok: it refuses
ok: it throws
ok: MQTT
ok: no MQTT
ok: little endian, in the middle
ok: the server lives
ok: exit code
