--TEST--
PHP 8.4: an application whose values have property hooks, are lazy, or are written from inside only
--EXTENSIONS--
highper
--SKIPIF--
<?php if (PHP_VERSION_ID < 80400) die('skip property hooks and lazy objects came with PHP 8.4'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    final class Price {
        public string $text { get => sprintf('%.2f', $this->cents / 100); }
        public private(set) int $cents;
        private string $secret = 'hidden';
        public function __construct(int $cents) { Co::sleep(0.001); $this->cents = $cents; }
    }
    final class Shop {
        public int $asked = 0 { get => ++$this->asked; }
        public string $virtual { get => 'no place of its own'; }
        public function __construct(private Stock $stock, public protected(set) int $limit = 5) {}
        public function show(int $cents): array { return ['price' => new Price($cents), 'stock' => $this->stock->count, 'asked' => $this->asked]; }
    }
    class Stock { public int $count { get { Co::sleep(0.001); return 3; } } }
    $lazy = (new ReflectionClass(Price::class))->newLazyGhost(fn (Price $p) => $p->__construct(250));
    exit(Application::create(basePath: __DIR__)
        ->get('/shop/{cents}', [Shop::class, 'show'])
        ->get('/lazy', fn () => $lazy)
        ->run([$argv[0], '--listen', "127.0.0.1:$argv[1]", '--workers', '1']));
    PHP);
check('hooks', $server->get('/shop/199')->body, '{"price":{"text":"1.99","cents":199},"stock":3,"asked":1}');
check('lazy', $server->get('/lazy')->body, '{"text":"2.50","cents":250}');
check('and again', $server->get('/lazy')->body, '{"text":"2.50","cents":250}');
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: hooks
ok: lazy
ok: and again
ok: exit code
