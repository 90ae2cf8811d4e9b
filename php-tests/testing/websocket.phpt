--TEST--
Highper\Testing\WithApplication: WebSocket clients without a port
--SKIPIF--
<?php
if (trim((string) shell_exec('command -v phpunit')) === '') die('skip phpunit is not installed');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};

$root = dirname(__DIR__, 2);
$base = temp_path('');
mkdir("{$base}/bootstrap", recursive: true);
mkdir("{$base}/tests");
file_put_contents("{$base}/autoload.php", <<<PHP
    <?php
    spl_autoload_register(static function (string \$class): void {
        if (str_starts_with(\$class, 'Highper\\\\Testing\\\\')) {
            require '{$root}/php/src/Testing/' . substr(\$class, 16) . '.php';
        }
    });
    PHP);
file_put_contents("{$base}/bootstrap/app.php", <<<'PHP'
    <?php
    use Highper\{Application, Http\Request, Http\Response, WebSocket\Connection, WebSocket\Rooms};
    return Application::create(basePath: dirname(__DIR__))
        ->websocket('/rooms/{room}', fn (Connection $c, string $text, string $room) => match ($text) {
            'bye' => $c->close(4000, 'as you like'),
            'sleep' => [usleep(1000), $c->send('slept')],
            default => $c->to($room)->except($c)->send($text),
        }, open: fn (Connection $c, string $room, Request $r) => $c->join($room)->json(['hello' => $r->cookie('user') ?? $r->header('X-User')]), origins: ['https://friend.example'])
        ->get('/login', fn () => Response::noContent()->withCookie('user', 'ann'))
        ->get('/count/{room}', fn (string $room, Rooms $rooms) => [$rooms->count($room)]);
    PHP);
file_put_contents("{$base}/tests/RoomTest.php", <<<'PHP'
    <?php
    use Highper\Testing\WithApplication;
    use PHPUnit\Framework\TestCase;

    final class RoomTest extends TestCase
    {
        use WithApplication;

        public function testTheOthersHearIt(): void
        {
            $ann = $this->webSocket('/rooms/a', ['X-User' => 'ann'])->assertStatus(101)->assertReceivedJson(['hello' => 'ann']);
            $bob = $this->webSocket('/rooms/a', ['X-User' => 'bob'])->assertReceivedJson(['hello' => 'bob']);
            $this->get('/count/a')->assertJsonPath('0', 2);
            $ann->send('hi');
            $bob->assertReceived('hi');
            $ann->assertNothingReceived();
            $bob->send(str_repeat('x', 100_000));
            self::assertSame(100_000, strlen($ann->receive()));
            $ann->send('sleep')->assertReceived('slept');
            $ann->send('bye')->assertClosed(4000, 'as you like');
            $bob->close();
        }

        public function testCookiesAndRefusals(): void
        {
            $this->get('/login');
            $this->webSocket('/rooms/b')->assertReceivedJson(['hello' => 'ann'])->close();
            $this->webSocket('/rooms/b', ['Origin' => 'https://evil.example'])->assertStatus(403);
            $this->webSocket('/nowhere')->assertStatus(404);
            self::assertSame('application/problem+json', $this->webSocket('/nowhere')->headers['content-type']);
        }

        public function testEachTestHasItsOwnRooms(): void
        {
            $this->get('/count/a')->assertJsonPath('0', 0);
        }

        public function testFails(): void
        {
            $this->webSocket('/rooms/c')->assertReceived('something else');
        }
    }
    PHP);
$php = escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY);
$phpunit = trim((string) shell_exec('command -v phpunit'));
exec("cd {$base} && {$php} {$phpunit} --no-configuration --do-not-cache-result --colors=never --bootstrap " . escapeshellarg("{$base}/autoload.php") . ' tests 2>&1', $output, $code);
$output = implode("\n", $output);
check('three pass, one fails', [$code, (bool) preg_match('/^Tests: 4, Assertions: \d+, Failures: 1\.$/m', $output), substr_count($output, 'RoomTest::testFails')], [1, true, 1]);
if (!str_contains($output, 'Failures: 1.')) echo $output, "\n";
try {
    Highper\Application::create($base)->connect();
} catch (Error $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: three pass, one fails
Application::connect() needs a coroutine around it, in which the application can answer: go(), Highper\scope(), or a test with WithApplication
