--TEST--
Configuration: a reload takes files that have changed, are new or gone; while a request runs nothing changes; a wrong file leaves what was there
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{HttpClient, Server};

foreach (['src', 'var', 'config', 'config/production'] as $folder) {
    mkdir(temp_path($folder));
}
$save = fn (string $file, string $text) => file_put_contents(temp_path("{$file}.tmp"), $text) && rename(temp_path("{$file}.tmp"), temp_path($file));
$save('config/app.php', '<?php return ["name" => "one", "size" => 1];');
$save('config/gone.php', '<?php return ["here" => true];');
$save('src/Home.php', <<<'PHP'
    <?php
    namespace App;
    use Highper\Attribute\{Config, Controller, Get};
    final class Service { public function __construct(#[Config('app.name')] public string $name, #[Config('app.size')] public int $size) {} }
    #[Controller('/')]
    final class Home {
        public function __construct(private Service $service, private \Highper\Config $config) {}
        #[Get] public function show(): array { return [$this->service->name, $this->service->size, $this->config->has('gone.here'), $this->config->get('new.value')]; }
        #[Get('/slow')] public function slow(): array { $before = $this->config->string('app.name'); usleep(300_000); return [$before, $this->config->string('app.name')]; }
    }
    PHP);
$save('server.php', '<?php
    $app = Highper\Application::create(__DIR__)->scan("App", "src");
    $name = $app->config("app.name");                       // read before the workers are there, too
    exit($app->run([$argv[0], ...array_slice($argv, 2)]));');
foreach ([['opcache.enable_cli' => '1', 'opcache.validate_timestamps' => '0'], ['opcache.enable_cli' => '1', 'opcache.file_update_protection' => '0']] as $round => $ini) {
    $save('config/app.php', '<?php return ["name" => "one", "size" => 1];');
    $save('config/gone.php', '<?php return ["here" => true];');
    $server = Server::start(temp_path('server.php'), ['--workers', '1'], ini: $ini);
    $reload = fn () => Server::start(temp_path('server.php'), ['reload', '--listen', "127.0.0.1:{$server->port}"], ini: $ini, wait: false, port: $server->port)->waitForEnd();
    $is = fn (array $wanted) => (bool) wait_until(fn () => $server->get('/')->json() === $wanted, json_encode($wanted));
    check('at first', $server->get('/')->json(), ['one', 1, true, null]);
    $save('config/app.php', '<?php return ["name" => "two", "size" => 22];');
    check('nothing changes by itself', $server->get('/')->json(), ['one', 1, true, null]);
    $slow = new HttpClient($server->port);
    $slow->send('GET', '/slow');
    usleep(20_000);
    check('reload', $reload(), 0);
    check('changed', $is(['two', 22, true, null]));
    check('not for a request under way', $slow->receive()->json(), ['one', 'one']);
    unlink(temp_path('config/gone.php'));
    $save('config/new.php', '<?php return ["value" => [1, 2]];');
    $save('config/production/app.php', '<?php return ["size" => 333];');
    $server->signal(SIGUSR1);
    check('new, gone, and by environment', $is(['two', 333, false, [1, 2]]));
    $save('config/app.php', '<?php return 7;');
    $server->signal(SIGUSR1);
    $server->waitForLog('must return an array');
    check('a wrong file', $server->get('/')->json(), ['two', 333, false, [1, 2]]);
    $save('config/app.php', '<?php return ["name" => "th');
    $server->signal(SIGUSR1);
    check('one that does not compile', (bool) preg_match('~Unclosed .* in \S+/config/app.php:1~', $server->waitForLog('Unclosed')));
    $save('config/app.php', '<?php return ["name" => "three", "size" => "many"];');
    unlink(temp_path('config/production/app.php'));
    $server->signal(SIGUSR1);
    $server->waitForLog("'app.size' must be an integer");
    check('a value of another type', $server->get('/')->json(), ['two', 333, false, [1, 2]]);
    $save('config/app.php', '<?php return ["name" => "three", "size" => "3"];');
    unlink(temp_path('config/new.php'));
    $server->signal(SIGUSR1);
    check('mended', $is(['three', 3, false, null]));
    check('end', $server->stop(), 0);
}
?>
--EXPECT--
ok: at first
ok: nothing changes by itself
ok: reload
ok: changed
ok: not for a request under way
ok: new, gone, and by environment
ok: a wrong file
ok: one that does not compile
ok: a value of another type
ok: mended
ok: end
ok: at first
ok: nothing changes by itself
ok: reload
ok: changed
ok: not for a request under way
ok: new, gone, and by environment
ok: a wrong file
ok: one that does not compile
ok: a value of another type
ok: mended
ok: end
