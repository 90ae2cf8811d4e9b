--TEST--
Many clients of DTLS at once at workers that share a port: each peer finds its own session, also while its socket is made
--EXTENSIONS--
openssl
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, patience};
use HighperTest\{Certificates, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $port = free_port();
    $server = Server::start(<<<'PHP'
        <?php
        $server = new Swoole\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
        $server->set(['worker_num' => 3]);
        $server->on('receive', fn () => null);
        $dtls = $server->listen('127.0.0.1', (int) getenv('DTLS'), SWOOLE_SOCK_UDP | SWOOLE_SSL);
        $dtls->set(['ssl_cert_file' => getenv('CRT'), 'ssl_key_file' => getenv('KEY')]);
        $dtls->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, "{$server->getWorkerId()} {$data}"));
        $server->start();
        PHP, [(string) $mode], environment: ['DTLS' => (string) $port, 'CRT' => $certificates->path('one.crt'), 'KEY' => $certificates->path('one.key')]);
    // Its first port is open before the others are bound.
    $server->waitForLog('ready: ');
    $answered = 0;
    $workers = [];
    Co\run(function () use ($port, &$answered, &$workers) {
        for ($i = 0; $i < 300; $i++) {
            Co\go(function () use ($i, $port, &$answered, &$workers) {
                $client = new Swoole\Coroutine\Client(SWOOLE_SOCK_UDP | SWOOLE_SSL);
                $client->set(['timeout' => patience(15)]);
                $client->connect('127.0.0.1', $port);
                for ($turn = 0; $turn < 3; $turn++) {
                    $client->send("{$i} {$turn}");
                    [$worker, $text] = explode(' ', (string) $client->recv(), 2) + ['', ''];
                    $answered += (int) ($text === "{$i} {$turn}");
                    $workers[$worker] = true;
                }
                $client->close();
            });
        }
    });
    check("{$name}: all are answered", $answered, 900);
    check("{$name}: by more than one worker", count($workers) > 1);
    check("{$name}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: base mode: all are answered
ok: base mode: by more than one worker
ok: base mode: exit code
ok: process mode: all are answered
ok: process mode: by more than one worker
ok: process mode: exit code
