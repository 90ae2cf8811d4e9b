--TEST--
No request is lost while code and program change: reloads, and managers that start anew, under load
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{HttpClient, Server};

mkdir(temp_path('src'));
mkdir(temp_path('var'));
// As editors save: a file that is half written is never there.
$save = fn (string $file, string $text) => file_put_contents("{$file}.tmp", $text) && rename("{$file}.tmp", $file);
$home = fn (int $n) => $save(temp_path('src/Home.php'), "<?php namespace App; use Highper\Attribute\{Controller, Get};
    #[Controller('/')] final class Home { #[Get] public function show(): string { usleep(random_int(0, 20_000)); return 'v{$n} ' . BOOT; } }");
$boot = fn (int $n) => $save(temp_path('boot.php'), "<?php const BOOT = 'b{$n}'; return Highper\Application::create(__DIR__)->scan('App', 'src')->settings(['access_log' => false]);");
$home(0);
$boot(0);
file_put_contents(temp_path('server.php'), '<?php exit((require __DIR__ . "/boot.php")->run([$argv[0], ...array_slice($argv, 2)]));');
$server = Server::start(temp_path('server.php'), environment: ['APP_ENV' => 'dev']);
$open = [];
$right = 0;
$other = [];
$seen = [];
$take = function () use (&$open, &$right, &$other, &$seen): void {
    $client = array_shift($open);
    try {
        $answer = $client->receive();
        $good = $answer->status === 200 && preg_match('/^v\d+ b\d+$/', $answer->body) === 1;
        $good ? $right++ : $other[] = "{$answer->status} {$answer->body}";
        $seen[$answer->body] = true;
    } catch (Throwable $e) {
        $other[] = $e->getMessage();
    }
    $client->close();
};
for ($n = 1; $n <= 600; $n++) {
    $client = new HttpClient($server->port, 10.0);
    $client->send('GET', '/', headers: ['Connection' => 'close']);
    $open[] = $client;
    count($open) >= 8 && $take();
    $n % 15 === 0 && $home($n);
    $n % 200 === 0 && $boot($n);
}
while ($open) {
    $take();
}
check('all are answered', [$right, $other], [600, []]);
check('by more than one generation', count($seen) > 3);
wait_until(fn () => $server->get('/')->body === 'v600 b600', 'the last of all');
wait_until(fn () => count($server->children()) === 1, 'one worker');
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: all are answered
ok: by more than one generation
ok: ends
