--TEST--
100,000 requests that interleave in one worker keep their output buffers, contexts, locale and handlers to themselves
--CONFLICTS--
all
--TIMEOUT--
180
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
        if ($n % 5 !== 0) {
            set_error_handler(function ($code, $message) use (&$handled, $n) { $handled[] = "{$n}:{$message}"; return true; });
        }
        if ($n % 3 === 1) {
            setlocale(LC_ALL, 'C.UTF-8');
        }
        if ($n % 7 === 2) {
            error_reporting(E_ALL & ~E_USER_NOTICE);
        }
        Co::getContext()['n'] = $n;
        ob_start();
        echo "<{$n}";
        $local = [$n => $n];
        Co::sleep(0.001 * (1 + $n % 2));
        $n % 5 === 0 ? @trigger_error("a{$n}") : trigger_error("a{$n}");
        echo "|{$n}";
        ob_start(fn ($text) => strtoupper($text));
        echo "in{$n}";
        try {
            Co::sleep(0.001 * (1 + ($n >> 1) % 2));
            throw new Exception($n);
        } catch (Exception $e) {
            Co::sleep(0.001);
            ob_end_flush();
            echo "|{$e->getMessage()}";
        } finally {
            echo '|' . Co::getContext()['n'] . '|' . $q->get['n'] . '|' . setlocale(LC_NUMERIC, '0') . '|' . error_reporting();
        }
        if ($n % 5 !== 0) {
            trigger_error("b{$n}");
        }
        $text = ob_get_clean();
        $level = ob_get_level();
        $last = $n % 5 === 0 ? error_get_last() !== null : restore_error_handler();
        $r->header('X-N', $n);
        $r->end("{$text}>" . implode(',', $handled) . ",{$level},{$local[$n]}");
    });
    $http->start();
    PHP);
$clients = [];
for ($i = 0; $i < 200; $i++) {
    $clients[] = new HttpClient($server->port, 20.0);
}
// musl has no other LC_NUMERIC than C.
$other = setlocale(LC_NUMERIC, 'C.UTF-8');
setlocale(LC_NUMERIC, 'C');
$wrong = [];
$n = 0;
while ($n < 100_000) {
    foreach ($clients as $i => $client) {
        $client->send('GET', '/?n=' . ($n + $i));
    }
    foreach ($clients as $i => $client) {
        $m = $n + $i;
        $answer = $client->receive();
        $locale = $m % 3 === 1 ? $other : 'C';
        $level = $m % 7 === 2 ? E_ALL & ~E_USER_NOTICE : E_ALL;
        $handled = $m % 5 === 0 ? '' : "{$m}:a{$m},{$m}:b{$m}";
        $wanted = "<{$m}|{$m}IN{$m}|{$m}|{$m}|{$m}|{$locale}|{$level}>{$handled},0,{$m}";
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
