--TEST--
SIGUSR1 while clients send: no request fails (20,000 of them; make stress: 100,000)
--CONFLICTS--
all
--TIMEOUT--
300
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 2]);
    $http->on('request', function ($q, $r) { if (str_ends_with($q->server['path_info'], '0')) { Co::sleep(0.002); } $r->end($q->server['path_info'] . ' ' . getmypid()); });
    $http->start();
    PHP);
$clients = $pids = $errors = [];
$wanted = (int) (getenv('HIGHPER_TEST_REQUESTS') ?: 20_000);
$asked = $answered = $retried = 0;
$next = 500;
$client = function () use ($server) { return new HttpClient($server->port, 10.0); };
$start = microtime(true);
while ($answered < $wanted) {
    $round = [];
    for ($i = 0; $i < 40; $i++) {
        $clients[$i] ??= $client();
        // A kept connection that the server closed between two requests is opened anew, as every client does.
        if ($answered > 0 && $clients[$i]->connection->isClosedWithin(0.0)) {
            $clients[$i] = $client();
            $retried++;
        }
        $round[$i] = '/' . ++$asked;
        try {
            $clients[$i]->send('GET', $round[$i]);
        } catch (RuntimeException $e) {
            $errors[] = $e->getMessage();
            unset($clients[$i], $round[$i]);
        }
    }
    foreach ($round as $i => $path) {
        try {
            $answer = $clients[$i]->receive();
            [$got, $pid] = explode(' ', $answer->body);
            $pids[$pid] = true;
            if ($answer->status !== 200 || $got !== $path) {
                $errors[] = "{$path} got {$answer->status} {$got}";
            }
            if (strtolower((string) $answer->header('connection')) === 'close') {
                unset($clients[$i]);
            }
        } catch (RuntimeException $e) {
            $errors[] = "{$path}: " . $e->getMessage();
            unset($clients[$i]);
        }
        $answered++;
    }
    if ($answered >= $next && $answered < $wanted - 3000) {
        $server->signal(10);
        $next += 3000;
    }
}
check('failed requests', array_slice($errors, 0, 5), []);
check('generations served', count($pids) >= 8 ?: count($pids));
check('exit code', $server->stop(), 0);
--EXPECT--
ok: failed requests
ok: generations served
ok: exit code
