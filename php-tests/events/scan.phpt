--TEST--
Events: #[Listen] on methods of scanned classes, kept in production; what is wrong keeps the application from starting
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

mkdir(temp_path('src'), recursive: true);
mkdir(temp_path('var'));
$write = fn (string $file, string $code) => file_put_contents(temp_path($file), "<?php\nnamespace App;\nuse Highper\\Attribute\\Listen;\nuse Highper\\Event\\Dispatcher;\n{$code}\n");
$write('src/Event.php', 'interface Event {}');
$write('src/Paid.php', 'final class Paid implements Event { public array $log = []; }');
$write('src/Count.php', 'final class Count { private int $n = 0; public function next(): int { return ++$this->n; } }');
$write('src/Listeners.php', <<<'PHP'
    final class Listeners {
        public function __construct(private Count $count) {}
        #[Listen] public function paid(Paid $event): void { $event->log[] = 'paid ' . $this->count->next(); }
        #[Listen(Event::class, priority: 9)] public function any(object $event): void { $event->log[] = 'any'; }
        #[Listen(Paid::class, async: true)] public function later(Paid $event): void { usleep(1); throw new \DomainException('in the background'); }
        #[Listen(priority: -1)] public static function fixed(Paid $event): void { $event->log[] = 'static'; }
    }
    PHP);
$script = <<<'PHP'
    <?php
    use App\Paid;
    spl_autoload_register(fn ($class) => is_file($file = $GLOBALS['argv'][2] . '/src/' . substr(strtr($class, '\\', '/'), 4) . '.php') && require $file);
    exit(Highper\Application::create($argv[2])->scan('App\\', 'src')
        ->get('/', fn (Highper\Event\Dispatcher $events) => $events->dispatch(new Paid)->log)
        ->run([$argv[0], '--workers', '1']));
    PHP;
foreach (['found', 'kept'] as $how) {
    $server = Server::start($script, [temp_path('')], environment: ['APP_ENV' => 'prod']);
    check($how, [$server->get('/')->body, $server->get('/')->body], ['["any","paid 1","static"]', '["any","paid 2","static"]']);
    $server->waitForLog('App\\\\Listeners::later() has failed for App\\\\Paid: Uncaught DomainException: in the background');
    $server->stop();
}
check('in the file', substr_count(file_get_contents(temp_path('var/cache/scan.json')), 'App\\\\Listeners'), 4);
unlink(temp_path('src/Listeners.php'));
foreach ([
    'final class Wrong { #[Listen] public function a(): void {} }',
    'final class Wrong { #[Listen] public function a(int $event): void {} }',
    'final class Wrong { #[Listen(Paid::class)] private function a(): void {} }',
    'final class Wrong { #[Listen("Missing")] public function a(): void {} }',
    'final class Wrong { #[Listen] public function a(Paid $event, Count $count): void {} }',
    'final class Wrong { public function __construct(Nobody $n) {} #[Listen] public function a(Paid $event): void {} }',
    'abstract class Wrong { #[Listen] public function a(Paid $event): void {} }',
] as $code) {
    $write('src/Wrong.php', $code);
    $server = Server::start($script, [temp_path('')], wait: false);
    echo $server->waitForEnd(), ' ', trim(preg_replace(['~^\{.*\n~m', '~/\S*/~'], '', $server->log())), "\n";
}
?>
--EXPECT--
ok: found
ok: kept
ok: in the file
1 highper: cannot start: #[Listen] on App\Wrong::a() in Wrong.php:5: name the class of the events, or give the first parameter that type
1 highper: cannot start: #[Listen] on App\Wrong::a() in Wrong.php:5: name the class of the events, or give the first parameter that type
1 highper: cannot start: #[Listen] on App\Wrong::a() in Wrong.php:5: the method must be public and have a body
1 highper: cannot start: App\Wrong::a() listens for Missing, and there is no such class (at Wrong.php:5)
1 highper: cannot start: #[Listen] on App\Wrong::a() in Wrong.php:5: a listener gets the event alone; take what else it needs in the constructor
1 highper: cannot start: App\Wrong -> App\Nobody: there is no such class
1 highper: cannot start: #[Listen] on App\Wrong::a() in Wrong.php:5: the class can't be instantiated
