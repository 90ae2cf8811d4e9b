--TEST--
Process mode: output that catches up with its client just when more comes does not stop (the worker was never told to go on)
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS);
    $server->set(['worker_num' => 1, 'http_compression' => false, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('request', function ($request, $response) {
        if ($request->server['request_uri'] === '/short') {
            $response->end('short');
            return;
        }
        foreach (range(0, 31) as $part) {
            $response->write(str_repeat(chr(65 + $part), 1 << 20));
        }
        $response->end();
    });
    $server->start();
    PHP);
// One in twenty to one in fifty stopped.
$lengths = [];
for ($i = 0; $i < 60; $i++) {
    $slow = new HttpClient($server->port, 5);
    $slow->send('GET', '/long');
    $server->get('/short');
    $lengths[strlen($slow->receive()->body)] = true;
}
check('all of each', $lengths, [32 << 20 => true]);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: all of each
ok: exit code
