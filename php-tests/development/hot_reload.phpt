--TEST--
Development: files that change are served; code that does not compile is not, and the log says where
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{HttpClient, Server};

foreach (['src', 'config', 'views', 'var', '.git'] as $folder) {
    mkdir(temp_path($folder));
}
// As editors save: a file that is half written is never there.
$save = fn (string $file, string $text) => file_put_contents("{$file}.tmp", $text) && rename("{$file}.tmp", $file);
$home = fn (string $text) => $save(temp_path('src/Home.php'), <<<PHP
    <?php
    namespace App;
    use Highper\Attribute\{Controller, Get};
    #[Controller('/home')]
    final class Home {
        #[Get] public function show(\Highper\Config \$config): string { return '{$text} ' . \$config->string('app.name') . ' ' . Other::say(); }
        #[Get('/slow')] public function slow(): string { usleep(300_000); return '{$text}'; }
        #[Get('/env')] public function env(\Highper\Application \$app): string { return \$app->env('COLOR', 'none') . ' ' . BOOTED; }
    }
    PHP);
$other = fn (string $text) => $save(temp_path('src/Other.php'), "<?php\nnamespace App;\nfinal class Other { static function say(): string { return '{$text}'; } }\n");
$config = fn (string $name) => $save(temp_path('config/app.php'), "<?php return ['name' => '{$name}'];");
$boot = fn (string $text) => $save(temp_path('boot.php'), "<?php const BOOTED = '{$text}'; return Highper\\Application::create(__DIR__)->scan('App\\\\', 'src')->settings(['max_wait_time' => 2]);");
$home('one');
$other('a');
$config('app');
$boot('first');
$save(temp_path('server.php'), '<?php exit((require __DIR__ . "/boot.php")->run([$argv[0], ...array_slice($argv, 2)]));');
$server = Server::start(temp_path('server.php'), environment: ['APP_ENV' => 'dev'], ini: ['opcache.enable_cli' => '1', 'opcache.validate_timestamps' => '0']);
$at = fn (string $path) => $server->get($path)->body;
$becomes = fn (string $path, string $text) => wait_until(fn () => $at($path) === $text, "{$text} at {$path}");
check('at first', $at('/home'), 'one app a');
check('one worker', count($server->children()), 1);

$home('two');
check('a controller', (bool) $becomes('/home', 'two app a'));
$other('b');
check('another class', (bool) $becomes('/home', 'two app b'));
$config('new');
check('configuration', (bool) $becomes('/home', 'two new b'));

// An editor that writes a second file, and one that moves the first away.
file_put_contents(temp_path('src/.Home.php.tmp'), str_replace('two', 'three', file_get_contents(temp_path('src/Home.php'))));
rename(temp_path('src/.Home.php.tmp'), temp_path('src/Home.php'));
check('saved by a rename', (bool) $becomes('/home', 'three new b'));

$slow = new HttpClient($server->port);
$slow->send('GET', '/home/slow');
$home('four');
check('served while a request runs', (bool) $becomes('/home', 'four new b'));
check('which is not lost', $slow->receive()->body, 'three');

$reloads = fn () => substr_count($server->log(), 'changed');
$before = $reloads();
touch(temp_path('.git/index.lock'));
foreach (range(1, 50) as $number) {
    file_put_contents(temp_path("src/Class{$number}.php"), "<?php namespace App; final class Class{$number} {}");
    usleep(1000);
}
$home('five');
unlink(temp_path('.git/index.lock'));
check('a branch is switched', (bool) $becomes('/home', 'five new b'));
check('in one reload', $reloads() - $before, 1);
foreach (range(1, 50) as $number) {
    unlink(temp_path("src/Class{$number}.php"));
}
$server->waitForLog("src/Class1.php and 49 more files have changed");

$save(temp_path('src/Other.php'), "<?php\nnamespace App;\nfinal class Other { static function say( { } }\n");
$log = $server->waitForLog('serves on: syntax error');
check('the log names file and line', preg_match('~not taken, what was there before serves on: .*syntax error.* in \S+/src/Other.php:3~', $log), 1);
$save(temp_path('src/Home.php'), "<?php\nnamespace App;\nfinal class Home { function a() {}\n\n function a() {} }\n");
$log = $server->waitForLog('serves on: Cannot redeclare');
check('so it does where the compiler refuses', preg_match('~Cannot redeclare App..Home::a\(\) in \S+/src/Home.php:5~', $log), 1);
check('the code of before serves on', $at('/home'), 'five new b');
$home('six');
$other('c');
check('until all is well', (bool) $becomes('/home', 'six new c'));

// What no compiler sees: the class is there when the worker starts, and its attribute is wrong.
$save(temp_path('src/Wrong.php'), "<?php\nnamespace App;\nuse Highper\\Attribute\\{Controller, Get};\n#[Controller('/home')] final class Wrong { #[Get] function a() {} }\n");
$server->waitForLog('reload failed');
check('a start that fails', $at('/home'), 'six new c');
unlink(temp_path('src/Wrong.php'));
$home('seven');
check('and is mended', (bool) $becomes('/home', 'seven new c'));

$pid = fn () => $server->isRunning() ? $server->pid : 0;
check('loaded before the workers', $at('/home/env'), 'none first');
$boot('second');
check('the program itself', (bool) $becomes('/home/env', 'none second'));
$save(temp_path('.env'), "COLOR=red\n");
check('the environment', (bool) $becomes('/home/env', 'red second'));
$save(temp_path('.env'), "COLOR=blue\n");
check('again', (bool) $becomes('/home/env', 'blue second'));
check('the process is the same', [$pid(), posix_kill($server->pid, 0)], [$server->pid, true]);
$save(temp_path('boot.php'), "<?php\nreturn Highper\\Application::create(__DIR__)->scan('App\\\\', 'src')->settings(['worker' => 1]);");
$server->waitForLog("there is no setting 'worker'");
check('a program that would not start', $at('/home/env'), 'blue second');
$boot('third');
check('and one that does', (bool) $becomes('/home/env', 'blue third'));
$home('eight');
check('and goes on watching', (bool) $becomes('/home', 'eight new c'));
wait_until(fn () => count($server->children()) === 1, 'one worker');
$save(temp_path('src/Beside.php'), '<?php namespace App; use Highper\Attribute\Process; use Highper\Process\Context;
    #[Process("beside")] final class Beside { public function handle(Context $context): void { touch(dirname(__DIR__) . "/var/runs"); while ($context->sleep(1)); } }');
check('a process that is added runs', (bool) wait_until(fn () => file_exists(temp_path('var/runs')), 'the process'));
check('and requests are answered', $at('/home'), 'eight new c');
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: at first
ok: one worker
ok: a controller
ok: another class
ok: configuration
ok: saved by a rename
ok: served while a request runs
ok: which is not lost
ok: a branch is switched
ok: in one reload
ok: the log names file and line
ok: so it does where the compiler refuses
ok: the code of before serves on
ok: until all is well
ok: a start that fails
ok: and is mended
ok: loaded before the workers
ok: the program itself
ok: the environment
ok: again
ok: the process is the same
ok: a program that would not start
ok: and one that does
ok: and goes on watching
ok: a process that is added runs
ok: and requests are answered
ok: end
