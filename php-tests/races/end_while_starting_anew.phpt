--TEST--
Race: a server that is told to end while hot reload starts its manager anew does end
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

mkdir(temp_path('config'));
$codes = [];
for ($round = 0; $round < 12; $round++) {
    file_put_contents(temp_path('config/app.php'), '<?php return ["round" => 0];');
    $server = Server::start('<?php exit(Highper\Application::create($argv[2])->get("/", fn (Highper\Config $config) => (string) $config->int("app.round"))->run([$argv[0]]));',
        [temp_path('')], environment: ['APP_ENV' => 'dev']);
    $server->get('/');
    // From the watcher's event by the trial to the new program's start: each round ends elsewhere.
    file_put_contents(temp_path('new.php'), '<?php return ["round" => 1];');
    rename(temp_path('new.php'), temp_path('config/app.php'));
    usleep($round * 9_000);
    $codes[] = $code = $server->stop();
    if ($code !== 0) echo $server->log();
}
check('each has ended', $codes, array_fill(0, 12, 0));
// Told to end while the new program is tried out, and before the workers can end.
mkdir(temp_path('src'));
$codes = [];
for ($round = 0; $round < 5; $round++) {
    file_put_contents(temp_path('src/Busy.php'), "<?php // {$round}");
    $server = Server::start('<?php require $argv[2] . "/src/Busy.php"; exit(Highper\Application::create($argv[2])->scan("App\\\\", "src")->get("/", function () { usleep(300_000); return "x"; })->run([$argv[0], "--workers", "2"]));',
        [temp_path('')], environment: ['APP_ENV' => 'dev']);
    $busy = new HighperTest\HttpClient($server->port);
    $busy->send('GET', '/');
    usleep(20_000);
    file_put_contents(temp_path('src/Busy.php'), "<?php // new {$round}");
    usleep($round * 18_000);
    $codes[] = $code = $server->stop();
    if ($code !== 0) echo $server->log();
}
check('each has ended that was busy', $codes, array_fill(0, 5, 0));
?>
--EXPECT--
ok: each has ended
ok: each has ended that was busy
