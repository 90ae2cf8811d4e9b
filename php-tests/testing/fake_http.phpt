--TEST--
Highper\Testing: fakeHttp() answers what the application's HTTP clients ask, and knows what was asked
--SKIPIF--
<?php
if (trim((string) shell_exec('command -v phpunit')) === '') die('skip phpunit is not installed');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\temp_path;

$base = temp_path('fake-http');
mkdir("{$base}/bootstrap", recursive: true);
mkdir("{$base}/config");
mkdir("{$base}/tests");
file_put_contents("{$base}/config/http.php", "<?php return ['timeout' => 1.0, 'headers' => ['X-By' => 'us'], 'shop' => ['base' => 'https://shop.example/v1', 'auth' => 'token']];");
file_put_contents("{$base}/bootstrap/app.php", <<<'PHP'
    <?php
    use Highper\{Application, Attribute\Inject, Http\Client};
    if (!class_exists('Shop', false)) {
        class Shop {
            public function __construct(#[Inject('http.shop')] public Client $shop, public Client $any) {}
        }
    }
    return Application::create(basePath: dirname(__DIR__))
        ->get('/order/{n}', fn (int $n, Shop $shop) => ['status' => $shop->shop->post('/orders', ['n' => $n])->status])
        ->get('/both', fn (Shop $shop) => [$shop->shop->get('/a', ['q' => 1])->json('a'), $shop->any->get('http://other.example/b')->body()]);
    PHP);
file_put_contents("{$base}/tests/ShopTest.php", <<<'PHP'
    <?php
    use Highper\Http\{ClientConnectException, ClientRequest, ClientResponse};
    use Highper\Testing\WithApplication;
    use PHPUnit\Framework\TestCase;

    final class ShopTest extends TestCase
    {
        use WithApplication;

        public function testAnswers(): void
        {
            $this->fakeHttp(['shop.example/v1/orders' => 201, 'https://shop.example/*' => ['a' => 'json'], '*' => fn (ClientRequest $r) => "{$r->method} {$r->url} {$r->header('X-By')}"]);
            $this->getJson('/order/7')->assertExactJson(['status' => 201]);
            $this->getJson('/both')->assertExactJson(['json', 'GET http://other.example/b us']);
            $this->assertSentCount(3);
            $this->assertSent('POST shop.example/v1/orders');
            $this->assertSent(fn (ClientRequest $r) => $r->url === 'https://shop.example/v1/a?q=1' && $r->header('authorization') === 'Bearer token');
            $this->assertSent(fn (ClientRequest $r) => $r->json() === ['n' => 7]);
            $this->assertNotSent('DELETE *');
        }

        public function testSequences(): void
        {
            $this->fakeHttp(['*' => [ClientResponse::make('', 503), ClientResponse::make('', 200)]]);
            foreach ([503, 200, 200] as $status) {
                $this->getJson('/order/1')->assertExactJson(['status' => $status]);
            }
        }

        public function testWhatIsThrown(): void
        {
            $this->fakeHttp(['*' => new ClientConnectException('gone')]);
            $this->getJson('/order/1')->assertStatus(500);
            $this->expectException(Highper\Http\ClientException::class);
            $this->expectExceptionMessage('POST https://shop.example/v1/orders: the test has no answer for it; fakeHttp() has those for: x.example/*');
            $this->fakeHttp(['x.example/*' => 200]);
            $this->app->make(Shop::class)->shop->post('/orders');
        }

        public function testNothing(): void
        {
            $this->fakeHttp();
            $this->assertNothingSent();
        }
    }
    PHP);
$package = dirname(__DIR__, 2) . '/php/src';
file_put_contents("{$base}/autoload.php", <<<PHP
    <?php
    spl_autoload_register(static function (string \$class): void {
        if (str_starts_with(\$class, 'Highper\\\\Testing\\\\')) {
            require '{$package}/Testing/' . substr(\$class, 16) . '.php';
        }
    });
    require __DIR__ . '/bootstrap/app.php';
    PHP);
exec(escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY) . ' ' . trim((string) shell_exec('command -v phpunit')) . " --do-not-cache-result --no-configuration --bootstrap {$base}/autoload.php {$base}/tests 2>&1", $output, $code);
$text = implode("\n", $output);
echo preg_match('/^OK \(4 tests, \d+ assertions\)$/m', $text) ? "OK\n" : $text, "\n{$code}\n";
?>
--EXPECT--
OK

0
