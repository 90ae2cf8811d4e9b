--TEST--
Development: what is watched, without inotify too, and when
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

$make = function (string $name, string $settings): string {
    foreach (['src', 'var', 'elsewhere', 'shared'] as $folder) {
        @mkdir(temp_path("{$name}/{$folder}"), recursive: true);
    }
    file_put_contents(temp_path("{$name}/elsewhere/text.txt"), 'one');
    file_put_contents(temp_path("{$name}/shared/Said.php"), '<?php namespace App\Shared; final class Said { const TEXT = "one"; }');
    symlink(temp_path("{$name}/shared"), temp_path("{$name}/src/Shared"));
    file_put_contents(temp_path("{$name}/server.php"), '<?php
        $app = Highper\Application::create(__DIR__)->scan("App", "src")->settings(' . $settings . ');
        $app->onStart(function () use (&$text) { $text = file_get_contents(__DIR__ . "/elsewhere/text.txt"); });
        $app->get("/", function () use (&$text) { return $text . " " . App\Shared\Said::TEXT; });
        exit($app->run([$argv[0], ...array_slice($argv, 2)]));');
    return temp_path("{$name}/server.php");
};
$save = fn (string $file, string $text) => file_put_contents("{$file}.tmp", $text) && rename("{$file}.tmp", $file);
$said = fn (string $name, string $text) => $save(temp_path("{$name}/shared/Said.php"), "<?php namespace App\Shared; final class Said { const TEXT = '{$text}'; }");
$becomes = fn (Server $server, string $text) => (bool) wait_until(fn () => $server->get('/')->body === $text, "'{$text}'");

$server = Server::start($make('told', '["watch" => ["elsewhere"]]'), environment: ['APP_ENV' => 'dev']);
check('at first', $server->get('/')->body, 'one one');
$said('told', 'two');
check('behind a link', $becomes($server, 'one two'));
file_put_contents(temp_path('told/elsewhere/text.txt'), 'two');
check('a folder by its name', $becomes($server, 'two two'));
file_put_contents(temp_path('told/elsewhere/.text.txt.swp'), 'x');
file_put_contents(temp_path('told/elsewhere/text.txt~'), 'x');
file_put_contents(temp_path('told/src/notes.txt'), 'x');
rename(temp_path('told/shared/Said.php'), temp_path('told/shared/Moved.php'));
$log = $server->waitForLog('Moved.php and 1 more files have changed');
check('what editors leave is nothing', preg_match('~(swp|txt\~|notes.txt)~', $log), 0);
check('end', $server->stop(), 0);

$server = Server::start($make('looks', '["watch_polling" => true]'), ['--watch']);
check('in production', [$server->get('/')->body, (bool) $server->waitForLog('(production)')], ['one one', true]);
$said('looks', 'two');
check('by looking', $becomes($server, 'one two'));
check('end', $server->stop(), 0);

$server = Server::start($make('not', '[]'), ['--no-watch'], environment: ['APP_ENV' => 'dev']);
check('at first', $server->get('/')->body, 'one one');
$said('not', 'two');
touch(temp_path('not/server.php'));
usleep(100_000);
check('not where it is switched off', [$server->get('/')->body, str_contains($server->log(), 'changed')], ['one one', false]);
check('end', $server->stop(), 0);

$broken = $make('broken', '[]');
file_put_contents(temp_path('broken/src/Home.php'), "<?php\nnamespace App;\nfinal class Home { function ( }\n");
$failing = Server::start($broken, environment: ['APP_ENV' => 'dev'], wait: false);
check('a start that fails names the place', [$failing->waitForEnd(), preg_match('~cannot start: syntax error.* in \S+/src/Home.php:3$~m', $failing->log())], [1, 1]);

echo Server::start($make('wrong', '["watch" => "src"]'), wait: false)->waitForEnd(), "\n";
?>
--EXPECT--
ok: at first
ok: behind a link
ok: a folder by its name
ok: what editors leave is nothing
ok: end
ok: in production
ok: by looking
ok: end
ok: at first
ok: not where it is switched off
ok: end
ok: a start that fails names the place
1
