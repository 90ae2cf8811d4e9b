--TEST--
A server's log: log_date_format, log_date_with_microseconds, log_rotation, who writes; SIGRTMIN opens it again, also the output of a server in the background
--EXTENSIONS--
posix
pcntl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\{HttpClient, Server};

$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(json_decode($argv[2], true) + ['worker_num' => 1, 'task_worker_num' => 1]);
    $server->addProcess(new Swoole\Process(function () use ($server) {
        swoole_error_log(SWOOLE_LOG_WARNING, 'of a user process');
        while (true) { sleep(10); }
    }));
    $server->on('task', function () { swoole_error_log(SWOOLE_LOG_WARNING, 'of a task worker'); return 1; });
    $server->on('request', function ($request, $response) use ($server) {
        $text = $request->get['text'] ?? 'of a worker';
        swoole_error_log(SWOOLE_LOG_WARNING, $text);
        echo "printed {$text}\n";
        $server->taskwait(1, 5);
        $response->end((string) $server->manager_pid);
    });
    $server->start();
    PHP;
$files = fn (string $name) => array_map(basename(...), glob(temp_path("{$name}*")));
$line = function (string $file, string $text): string {
    return wait_until(function () use ($file, $text) {
        return current(preg_grep('/' . preg_quote($text, '/') . '/', (array) @file(temp_path($file), FILE_IGNORE_NEW_LINES)));
    }, "'{$text}' in {$file}");
};
$start = fn (array $settings) => Server::start($code, [json_encode($settings)], ['date.timezone' => 'Asia/Shanghai']);

$server = $start(['log_file' => temp_path('plain.log')]);
$server->get('/');
$date = '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d';
check('a worker', preg_match("/^\[{$date} \*\d+\.0\]\tWARNING\tof a worker$/", $line('plain.log', 'of a worker')), 1);
check('a task worker', preg_match("/^\[{$date} \^\d+\.1\]\tWARNING\tof a task worker$/", $line('plain.log', 'of a task worker')), 1);
check('a user process', preg_match("/^\[{$date} @\d+\.2\]\tWARNING\tof a user process$/", $line('plain.log', 'of a user process')), 1);
$server->signal(SIGUSR1);
check('the manager', preg_match("/^\[{$date} \\$\d+\.0\]\tINFO\tServer is reloading all workers now$/", $line('plain.log', 'is reloading all')), 1);
rename(temp_path('plain.log'), temp_path('old.log'));
$server->get('/?text=later');
check('a file that was put away', str_contains($line('plain.log', 'later'), 'later') && !str_contains(file_get_contents(temp_path('old.log')), 'later'));
$server->signal(34);
$server->get('/?text=alive');
check('SIGRTMIN ends nobody', [str_contains($line('plain.log', 'alive'), 'alive'), $server->stop()], [true, 0]);

$server = $start(['log_file' => temp_path('format.log'), 'log_date_format' => '%d.%m.%Y at %H', 'log_date_with_microseconds' => true]);
$server->get('/');
check('log_date_format, in PHP\'s time zone', str_starts_with($line('format.log', 'of a worker'), '[' . (new DateTime(timezone: new DateTimeZone('Asia/Shanghai')))->format('d.m.Y \a\t H') . '<.'));
check('log_date_with_microseconds', preg_match('/<\.\d{1,6}> \*/', $line('format.log', 'of a worker')), 1);
$server->stop();
$server = $start(['log_file' => temp_path('long.log'), 'log_date_format' => str_repeat('%F', 20)]);
$server->get('/');
check('a format that is too long', preg_match("/^\[{$date} /", $line('long.log', 'of a worker')), 1);
$server->stop();

$now = fn (string $format) => (new DateTime(timezone: new DateTimeZone('Asia/Shanghai')))->format($format);
foreach (['DAILY' => 'Ymd', 'MONTHLY' => 'Ym', 'HOURLY' => 'YmdH', 'EVERY_MINUTE' => 'YmdHi'] as $kind => $format) {
    $begun = $now($format);
    $server = $start(['log_file' => temp_path("{$kind}.log"), 'log_rotation' => constant("SWOOLE_LOG_ROTATION_{$kind}")]);
    $server->get('/');
    $wanted = array_map(fn ($stamp) => "{$kind}.log.{$stamp}", array_unique([$begun, $now($format)]));
    check("log_rotation {$kind}", array_diff($files("{$kind}.log"), $wanted) === [] && str_contains($line(end($wanted), 'of a worker'), 'of a worker'));
    $server->stop();
}

// In the background the file has what is printed, too.
$background = function (array $settings) use ($code): array {
    $port = free_port();
    $server = Server::start($code, [json_encode(['daemonize' => true, 'pid_file' => temp_path('server.pid')] + $settings)], wait: false, port: $port);
    $server->waitForEnd();
    return [new HttpClient($port), (int) file_get_contents(temp_path('server.pid'))];
};
[$client, $pid] = $background(['log_file' => temp_path('back.log')]);
$client->request('GET', '/?text=first');
check('what is printed', [$line('back.log', 'printed first'), str_contains($line('back.log', "WARNING\tfirst"), '*')], ['printed first', true]);
rename(temp_path('back.log'), temp_path('back.old'));
posix_kill($pid, 34);
wait_until(fn () => is_file(temp_path('back.log')), 'a new file');
wait_until(function () use ($client) {
    static $turn = 0;
    $client->request('GET', '/?text=second' . ++$turn);
    clearstatcache();
    return str_contains(file_get_contents(temp_path('back.log')), "printed second{$turn}\n");
}, 'what a worker prints in the new file');
check('SIGRTMIN: the output of workers', str_contains(file_get_contents(temp_path('back.log')), "\tWARNING\tsecond"));
posix_kill($pid, SIGTERM);
wait_until(fn () => !posix_kill($pid, 0), 'the end of the server');
[$client, $pid] = $background(['log_file' => temp_path('turns.log'), 'log_rotation' => SWOOLE_LOG_ROTATION_MONTHLY]);
$client->request('GET', '/?text=first');
check('log_rotation in the background', $line('turns.log.' . $now('Ym'), 'printed first'), 'printed first');
posix_kill($pid, SIGTERM);
wait_until(fn () => !posix_kill($pid, 0), 'the end of the server');
check('no file of the plain name', is_file(temp_path('turns.log')), false);
--EXPECT--
ok: a worker
ok: a task worker
ok: a user process
ok: the manager
ok: a file that was put away
ok: SIGRTMIN ends nobody
ok: log_date_format, in PHP's time zone
ok: log_date_with_microseconds
ok: a format that is too long
ok: log_rotation DAILY
ok: log_rotation MONTHLY
ok: log_rotation HOURLY
ok: log_rotation EVERY_MINUTE
ok: what is printed
ok: SIGRTMIN: the output of workers
ok: log_rotation in the background
ok: no file of the plain name
