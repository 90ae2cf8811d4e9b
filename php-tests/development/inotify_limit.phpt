--TEST--
Development: without inotify files are looked at, and the log says once why
--SKIPIF--
<?php
exec('unshare -U -r sh -c "echo 0 > /proc/sys/user/max_inotify_instances" 2>&1', $output, $code);
if ($code !== 0) { echo 'skip no user namespaces here'; }
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\{Daemon, HttpClient};

mkdir(temp_path('src'));
$home = fn (string $text) => file_put_contents(temp_path('src/Home.php'), "<?php namespace App; use Highper\Attribute\{Controller, Get};
    #[Controller('/')] final class Home { #[Get] public function show(): string { return '{$text}'; } }");
$home('one');
file_put_contents(temp_path('server.php'), '<?php exit(Highper\Application::create(__DIR__)->scan("App", "src")->run($argv));');
$port = free_port();
$command = implode(' ', array_map(escapeshellarg(...), [getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY, temp_path('server.php'), '--listen', "127.0.0.1:{$port}"]));
$server = Daemon::start(['unshare', '-U', '-r', 'sh', '-c', "echo 0 > /proc/sys/user/max_inotify_instances; exec {$command}"], "127.0.0.1:{$port}", ['APP_ENV' => 'dev'], SIGTERM);
$get = fn () => (new HttpClient($port))->request('GET', '/', '', ['Connection' => 'close'])->body;
check('at first', $get(), 'one');
$home('two');
check('a change', wait_until(fn () => $get() === 'two', 'the new code'));
$log = file_get_contents(temp_path("127.0.0.1-{$port}.log"));
check('said once', preg_match_all('~files are looked at every 250 ms: .*raise fs.inotify.max_user_instances~', $log), 1);
unset($server);
?>
--EXPECT--
ok: at first
ok: a change
ok: said once
