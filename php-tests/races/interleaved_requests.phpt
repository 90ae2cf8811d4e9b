--TEST--
Requests that interleave in one worker keep their output buffers, contexts and error handlers to themselves
--CONFLICTS--
all
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_WARNING]);
    $http->on('request', function ($q, $r) {
        $n = $q->get['n'];
        $handled = [];
        set_error_handler(function ($code, $message) use (&$handled, $n) { $handled[] = "{$n}:{$message}"; return true; });
        Co::getContext()['n'] = $n;
        ob_start();
        echo "<{$n}";
        $local = [$n => $n];
        Co::sleep(0.001 * (1 + $n % 2));
        trigger_error("a{$n}");
        echo "|{$n}";
        try {
            Co::sleep(0.001 * (1 + ($n >> 1) % 2));
            throw new Exception($n);
        } catch (Exception $e) {
            Co::sleep(0.001);
            echo "|{$e->getMessage()}";
        } finally {
            echo '|' . Co::getContext()['n'] . '|' . $q->get['n'];
        }
        trigger_error("b{$n}");
        $text = ob_get_clean();
        $level = ob_get_level();
        restore_error_handler();
        $r->header('X-N', $n);
        $r->end("{$text}>" . implode(',', $handled) . ",{$level},{$local[$n]}");
    });
    $http->start();
    PHP);
$clients = [];
for ($i = 0; $i < 40; $i++) {
    $clients[] = new HttpClient($server->port);
}
$wrong = [];
$n = 0;
while ($n < 20_000) {
    foreach ($clients as $i => $client) {
        $client->send('GET', '/?n=' . ($n + $i));
    }
    foreach ($clients as $i => $client) {
        $m = $n + $i;
        $answer = $client->receive();
        $wanted = "<{$m}|{$m}|{$m}|{$m}|{$m}>{$m}:a{$m},{$m}:b{$m},0,{$m}";
        if ($answer->body !== $wanted || $answer->header('x-n') !== (string) $m) {
            $wrong[] = [$wanted, $answer->body];
        }
    }
    $n += count($clients);
}
check('wrong answers', array_slice($wrong, 0, 3), []);
check('exit code', $server->stop(), 0);
echo preg_replace('/^.*\bINFO\b.*\n/m', '', $server->log());
--EXPECT--
ok: wrong answers
ok: exit code
