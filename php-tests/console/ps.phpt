--TEST--
Console: ps and top of a running server: figures, coroutines, a busy worker, JSON, no server
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\{Console, HttpClient, Server};

mkdir(temp_path('var'));
$port = free_port();
file_put_contents(temp_path('server.php'), <<<'PHP'
    <?php
    function wait_long(): string { usleep(20_000_000); return 'waited'; }
    function burn(): string { while (!file_exists(__DIR__ . '/enough')) { for ($i = 0; $i < 10_000; $i++); } return 'burnt'; }
    exit(Highper\Application::create(__DIR__)
        ->settings(['workers' => 2, 'tasks' => 1, 'max_wait_time' => 1, 'cancel_on_disconnect' => true])
        ->get('/', fn () => (string) getmypid())
        ->get('/waits/{id}', fn (int $id) => wait_long())
        ->get('/burns', fn () => burn())
        ->cron('@yearly', function () {}, name: 'party')
        ->run($argv));
    PHP);
$console = new Console(temp_path('server.php'), ['PORT' => (string) $port]);
$ps = function (string ...$words) use ($console): array {
    [$code, $out, $err] = $console->run(['ps', '--json', ...$words]);
    $all = json_decode($out, true);
    return [...$all, 'by' => array_column($all['workers'], null, 'worker')];
};
[$code, $out, $err] = $console->run(['ps']);
check('none runs', [$code, $out, str_starts_with($err, 'highper: not running')], [1, '', true]);
check('top of none', $console->run(['top'])[0], 1);

$server = Server::start('<?php array_splice($argv, 1, 1); require "' . temp_path('server.php') . '";', port: $port);
wait_until(fn () => array_unique(array_column($ps()['workers'], 'state')) === ['ready'], 'all are ready');
$all = $ps();
check('who is there', array_keys($all['by']), [0, 1, 'task 2', 'cron']);
check('the manager', [$all['pid'], $all['generation'], $all['uptime'] > 0], [$server->pid, 1, true]);
for ($i = 0; $i < 10; $i++) {
    $server->get('/');
}
$all = $ps();
check('requests', [$all['requests'], $all['by'][0]['requests'] + $all['by'][1]['requests']], [10, 10]);
$one = $all['by'][0];
check('figures', [$one['php_memory'] > 0, $one['memory'] > $one['php_memory'], $one['lag'] > 0 && $one['lag'] < 1, isset($one['list'])], [true, true, true, false]);

$waiting = [];
for ($i = 0; $i < 4; $i++) {
    ($waiting[$i] = new HttpClient($port))->send('GET', "/waits/$i");
}
wait_until(fn () => array_sum(array_column($ps()['workers'], 'in_flight')) === 4, 'four requests that wait');
$all = $ps('--coroutines');
$lists = array_merge(...array_column($all['workers'], 'list'));
$coroutine = array_column($lists, null, 'request')['GET /waits/2 HTTP/1.1'];
check('coroutines', [count($lists), array_sum(array_column($all['workers'], 'coroutines')), array_sum(array_column($all['workers'], 'connections'))], [4, 4, 4]);
check('one of them', [$coroutine['state'], $coroutine['waits_for'], $coroutine['since'] <= $coroutine['age'], preg_replace('~\S*/~', '', array_slice($coroutine['trace'], 0, 2))], ['waiting', 'a timer', true, ['server.php(2): usleep()', 'server.php(7): wait_long()']]);
check('jobs', str_starts_with($all['by']['cron']['notes'][0] ?? '', "job party, '@yearly': next "), true);
[$code, $out] = $console->run(['ps', '--coroutines']);
check('for people', [$code,
    preg_match('~^\S+: manager process ' . $server->pid . ', up .*, generation 1, \d+ requests\n\nWORKER +PID +GEN +STATE +UPTIME +REQUESTS +CONN +IN FLIGHT +COROUTINES +PHP +MEMORY +LAG +AT\n0 +\d+ +1 +ready ~', $out),
    preg_match_all('~^  \d+ waiting for a timer since .*, made .* ago, answers GET /waits/\d HTTP/1.1\n    \S+\(2\): usleep\(\)\n    \S+\(7\): wait_long\(\)$~m', $out),
    preg_match('~^cron, process \d+: 0 coroutines\n  job party, ~m', $out)], [0, 1, 4, 1]);

($busy = new HttpClient($port))->send('GET', '/burns');
$burning = wait_until(fn () => array_filter($ps()['workers'], fn ($row) => $row['state'] === 'busy'), 'a busy worker');
$burning = array_values($burning)[0];
check('a busy one', [isset($burning['lag'], $burning['coroutines']), (bool) preg_match('~/server.php:3$~', $burning['trace'][0])], [false, true]);
[$code, $out] = $console->run(['ps', '--coroutines']);
check('where it is', [preg_match('~^' . $burning['worker'] . ' +\d+ +1 +busy .* /\S+/server.php:3$~m', $out), preg_match('~, process ' . $burning['pid'] . ': busy, its loop does not turn\n    /\S+/server.php:3\n~', $out)], [1, 1]);
touch(temp_path('enough'));
check('goes on', $busy->receive()->body, 'burnt');

[$code, $out] = $console->run(['top', '--once', '--json']);
$row = json_decode($out, true);
check('top once', [$code, is_numeric($row['requests_per_second']), is_numeric($row['workers'][0]['cpu_percent'])], [0, true, true]);
[$code, $out] = $console->run(['top']);
check('top without a terminal', [$code, preg_match('~^WORKER +PID +GEN +STATE +UPTIME +REQUESTS +REQ/S +CPU ~m', $out), str_contains($out, "\e")], [0, 1, false]);
[$process, $out, $err] = $console->start(['top', '--json', '--interval', '0.1']);
wait_until(fn () => substr_count(file_get_contents($out), "\n") >= 3, 'three lines');
proc_terminate($process, SIGINT);
[$code, $out, $err] = $console->end($process, $out, $err);
check('again and again', [$code, $err, array_unique(array_map(fn ($line) => count(json_decode($line, true)['workers']), explode("\n", trim($out))))], [130, '', [4]]);

$process = proc_open([getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY, temp_path('server.php'), 'top', '--interval', '0.1'], [['pty'], ['pty'], ['pty']], $pipes, null, ['PORT' => (string) $port, 'TERM' => 'xterm'] + getenv());
stream_set_blocking($pipes[1], false);
$said = '';
wait_until(function () use ($pipes, &$said) { $said .= @fread($pipes[1], 65536); return substr_count($said, "\e[H") >= 3; }, 'three pictures');
fwrite($pipes[0], 'q');
$status = wait_until(function () use ($process, $pipes, &$said) { $said .= @fread($pipes[1], 65536); $status = proc_get_status($process); return $status['running'] ? null : $status; }, 'the end of top');
$said .= @fread($pipes[1], 65536);
proc_close($process);
check('on a terminal', [$status['exitcode'], str_starts_with($said, "\e[?1049h\e[?25l\e[H"), str_ends_with(rtrim($said), "\e[?25h\e[?1049l"), str_contains($said, 'q: end')], [0, true, true, true]);

unset($waiting, $busy);
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: none runs
ok: top of none
ok: who is there
ok: the manager
ok: requests
ok: figures
ok: coroutines
ok: one of them
ok: jobs
ok: for people
ok: a busy one
ok: where it is
ok: goes on
ok: top once
ok: top without a terminal
ok: again and again
ok: on a terminal
ok: exit code
