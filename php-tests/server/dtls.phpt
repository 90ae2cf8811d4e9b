--TEST--
A port that speaks DTLS: peers are connections with packets, lengths, ends, certificates by name and of clients, for OpenSSL too
--EXTENSIONS--
openssl
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, patience, wait_until};
use HighperTest\{Certificates, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$certificates->leaf('two', 'two.test');
$file = fn (string $name): string => $certificates->path($name);

/** OpenSSL's client: says lines, and hears them. */
final class OpenSsl
{
    private $process;
    private array $pipes = [];

    public function __construct(int $port, string $ca, string ...$more)
    {
        $command = ['openssl', 's_client', '-dtls1_2', '-connect', "127.0.0.1:{$port}", '-CAfile', $ca, '-verify_return_error', ...$more];
        $this->process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $this->pipes);
    }

    public function until(string $pattern): string
    {
        stream_set_blocking($this->pipes[1], false);
        $text = '';
        wait_until(function () use (&$text, $pattern) {
            $text .= stream_get_contents($this->pipes[1]);
            return preg_match($pattern, $text) || feof($this->pipes[1]);
        }, $pattern, 10);
        return preg_match($pattern, $text, $found) ? $found[1] ?? $found[0] : "not in: {$text}" . stream_get_contents($this->pipes[2]);
    }

    public function say(string $line): void
    {
        fwrite($this->pipes[0], "{$line}\n");
    }

    public function end(): int
    {
        fclose($this->pipes[0]);
        return proc_close($this->process);
    }
}

foreach (['base' => SWOOLE_BASE, 'process' => SWOOLE_PROCESS] as $name => $mode) {
    [$plain, $framed, $strict] = [free_port(), free_port(), free_port()];
    $server = Server::start(<<<'PHP'
        <?php
        $folder = getenv('FOLDER');
        [$plain, $framed, $strict] = array_map('intval', explode(',', getenv('PORTS')));
        $own = ['ssl_cert_file' => "{$folder}/one.crt", 'ssl_key_file' => "{$folder}/one.key"];
        $server = new Swoole\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
        $server->set(['worker_num' => 2]);
        $server->on('receive', fn () => null);
        $dtls = $server->listen('127.0.0.1', $plain, SWOOLE_SOCK_UDP | SWOOLE_SSL);
        $dtls->set($own + ['ssl_sni_certs' => ['two.test' => ['ssl_cert_file' => "{$folder}/two.crt", 'ssl_key_file' => "{$folder}/two.key"]]]);
        $dtls->on('connect', fn ($server, $fd) => print("connected\n"));
        $dtls->on('close', fn ($server, $fd) => print("closed\n"));
        $dtls->on('receive', function ($server, $fd, $reactor, $data) use ($plain) {
            $info = $server->getClientInfo($fd);
            match (trim($data)) {
                'who' => $server->send($fd, json_encode([$info['remote_ip'], $info['remote_port'] > 0, $info['server_port'] === $plain, $server->exist($fd)])),
                'later' => Swoole\Timer::after(10, fn () => $server->send($fd, 'it is later')),
                'bye' => $server->close($fd),
                default => $server->send($fd, $data),
            };
        });
        $lengths = $server->listen('127.0.0.1', $framed, SWOOLE_SOCK_UDP | SWOOLE_SSL);
        $lengths->set($own + ['open_length_check' => true, 'package_length_type' => 'N', 'package_body_offset' => 4, 'package_max_length' => 1 << 20]);
        $lengths->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, pack('N', strlen($data) - 4) . strrev(substr($data, 4))));
        $known = $server->listen('127.0.0.1', $strict, SWOOLE_SOCK_UDP | SWOOLE_SSL);
        $known->set($own + ['ssl_verify_peer' => true, 'ssl_client_cert_file' => "{$folder}/ca.crt"]);
        $known->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, (openssl_x509_parse($server->getClientInfo($fd)['ssl_client_cert'] ?? '')['subject']['CN'] ?? 'nobody') . "\n"));
        $server->start();
        PHP, [(string) $mode], environment: ['FOLDER' => $certificates->folder, 'PORTS' => "{$plain},{$framed},{$strict}"]);
    // Its first port is open before the others are bound.
    $server->waitForLog('ready: ');
    $connect = function (int $port, array $settings = []) use ($file): Swoole\Client|int {
        $client = new Swoole\Client(SWOOLE_SOCK_UDP | SWOOLE_SSL);
        $client->set($settings + ['ssl_verify_peer' => true, 'ssl_cafile' => $file('ca.crt'), 'ssl_host_name' => 'one.test']);
        return @$client->connect('127.0.0.1', $port, patience(5)) ? $client : $client->errCode;
    };
    $say = function (Swoole\Client $client, string $text): string|bool {
        $client->send($text);
        return $client->recv();
    };
    $a = $connect($plain);
    $b = $connect($plain);
    check("{$name}: echo", [$say($a, 'hello'), $say($b, 'you')], ['hello', 'you']);
    check("{$name}: who it is", $say($a, 'who'), '["127.0.0.1",true,true,true]');
    $a->send('one');
    $a->send('two');
    check("{$name}: packets stay apart", [$a->recv(), $a->recv()], ['one', 'two']);
    check("{$name}: a big one", $say($a, $big = str_repeat('big', 5000)) === $big);
    check("{$name}: by its number, later", $say($b, 'later'), 'it is later');
    $log = fn (string $what): int => substr_count($server->log(), "{$what}\n");
    check("{$name}: both are told of", $log('connected'), 2);
    check("{$name}: the server ends one", $say($b, 'bye'), '');
    $a->close();
    wait_until(fn () => $log('closed') === 2, 'both ends');
    $packets = $connect($framed, ['open_length_check' => true, 'package_length_type' => 'N', 'package_body_offset' => 4, 'package_max_length' => 1 << 20]);
    $packets->send(pack('N', 100_000) . ($data = random_bytes(100_000)));
    check("{$name}: a packet of many records", $packets->recv() === pack('N', 100_000) . strrev($data));
    check("{$name}: a certificate that is asked for and missing", is_int($client = $connect($strict)) || $client->recv() === '');
    $shown = $connect($strict, ['ssl_cert_file' => $file('two.crt'), 'ssl_key_file' => $file('two.key')]);
    check("{$name}: one that is shown", trim($say($shown, 'who')), 'two.test');
    check("{$name}: a name that does not fit", is_int($connect($plain, ['ssl_host_name' => 'three.test'])));

    $openssl = new OpenSsl($plain, $file('ca.crt'), '-servername', 'two.test');
    check("{$name}: OpenSSL sees the name's certificate", $openssl->until('~subject=CN = (\S+)~'), 'two.test');
    $openssl->say('hello, OpenSSL');
    check("{$name}: and is understood", $openssl->until('~hello, OpenSSL~'), 'hello, OpenSSL');
    $openssl->say('Q');
    check("{$name}: and ends", $openssl->end(), 0);
    $openssl = new OpenSsl($strict, $file('ca.crt'), '-cert', $file('one.crt'), '-key', $file('one.key'), '-quiet');
    $openssl->say('who');
    check("{$name}: OpenSSL shows its certificate", $openssl->until('~^\w+\.test$~m'), 'one.test');
    $openssl->say('bye');
    unset($openssl);
    foreach (['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'] as $cipher) {
        $openssl = new OpenSsl($plain, $file('ca.crt'), '-cipher', $cipher, '-mtu', '300');
        $openssl->say('by this cipher');
        check("{$name}: {$cipher}", $openssl->until('~by this cipher~'), 'by this cipher');
        $openssl->say('Q');
        $openssl->end();
    }
    wait_until(fn () => $log('connected') === $log('closed'), 'the ends of all');
    check("{$name}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: base: echo
ok: base: who it is
ok: base: packets stay apart
ok: base: a big one
ok: base: by its number, later
ok: base: both are told of
ok: base: the server ends one
ok: base: a packet of many records
ok: base: a certificate that is asked for and missing
ok: base: one that is shown
ok: base: a name that does not fit
ok: base: OpenSSL sees the name's certificate
ok: base: and is understood
ok: base: and ends
ok: base: OpenSSL shows its certificate
ok: base: ECDHE-ECDSA-AES128-GCM-SHA256
ok: base: ECDHE-ECDSA-AES256-GCM-SHA384
ok: base: ECDHE-ECDSA-CHACHA20-POLY1305
ok: base: exit code
ok: process: echo
ok: process: who it is
ok: process: packets stay apart
ok: process: a big one
ok: process: by its number, later
ok: process: both are told of
ok: process: the server ends one
ok: process: a packet of many records
ok: process: a certificate that is asked for and missing
ok: process: one that is shown
ok: process: a name that does not fit
ok: process: OpenSSL sees the name's certificate
ok: process: and is understood
ok: process: and ends
ok: process: OpenSSL shows its certificate
ok: process: ECDHE-ECDSA-AES128-GCM-SHA256
ok: process: ECDHE-ECDSA-AES256-GCM-SHA384
ok: process: ECDHE-ECDSA-CHACHA20-POLY1305
ok: process: exit code
