--TEST--
Workers that are killed every 200 ms under load: the server goes on, and the log says what was lost
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 2]);
    $http->on('request', function ($q, $r) { if ($q->server['path_info'] !== '/') { Co::sleep(0.02); } $r->end('answer'); });
    $http->on('workerError', function ($server, $id, $pid, $code, $signal) { echo "workerError: {$signal}\n"; });
    $http->start();
    PHP);
wait_until(fn () => count($server->children()) === 2, 'two workers');
$end = microtime(true) + 5;
$next = microtime(true) + 0.2;
$answered = $failed = $wrong = $killed = $turn = 0;
$clients = [];
while (microtime(true) < $end) {
    try {
        for ($i = 0; $i < 8; $i++) {
            $clients[$i] ??= new HttpClient($server->port, 2.0);
            $clients[$i]->send('GET', $i % 2 ? '/slow' : '/');
        }
        if (microtime(true) >= $next) {
            $workers = $server->children();
            if ($workers !== []) {
                usleep(5_000);
                posix_kill($workers[array_rand($workers)], 9);
                $killed++;
            }
            $next += 0.2;
        }
        for ($i = 0; $i < 8; $i++) {
            $wrong += (int) ($clients[$i]->receive()->body !== 'answer');
            $answered++;
        }
    } catch (RuntimeException) {
        $failed++;
        $clients = [];
    }
}
check('workers were killed', $killed >= 15 ?: $killed);
check('many requests were answered', $answered > 200 ?: $answered);
check('no wrong answer', $wrong, 0);
$log = $server->waitForLog('was killed by SIGKILL');
wait_until(fn () => substr_count($server->log(), 'was killed by SIGKILL') === $killed, 'a line for each loss');
check('workerError for each', wait_until(fn () => substr_count($server->log(), 'workerError: 9') === $killed, 'workerError'), true);
check('lines name lost requests', preg_match('~was killed by SIGKILL after .* requests lost: .*"GET /slow HTTP/1.1".*; script /\S+\.php~', $server->log()) === 1 ?: $server->log());
check('the server goes on', $server->get('/')->body, 'answer');
wait_until(fn () => count($server->children()) === 2, 'two workers');
check('exit code', $server->stop(), 0);
--EXPECT--
ok: workers were killed
ok: many requests were answered
ok: no wrong answer
ok: workerError for each
ok: lines name lost requests
ok: the server goes on
ok: exit code
