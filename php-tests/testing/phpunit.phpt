--TEST--
Highper\Testing\WithApplication: PHPUnit without a port, a fresh application and a coroutine for each test
--SKIPIF--
<?php
if (trim((string) shell_exec('command -v phpunit')) === '') die('skip phpunit is not installed');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';

$base = sys_get_temp_dir() . '/phpunit-' . getmypid();
mkdir("{$base}/bootstrap", recursive: true);
mkdir("{$base}/tests/unit", recursive: true);
file_put_contents("{$base}/bootstrap/app.php", <<<'PHP'
    <?php
    use Highper\{Application, Attribute\Body, Attribute\Length, Http\Request, Http\Response};
    if (!class_exists('CreateNote', false)) {
        class CreateNote { public function __construct(#[Length(1, 200)] public string $title, public string $body = '') {} }
        class CurrentUser { public function __construct(public int $id = 0) {} }
        class Notes { private array $all = []; public function add(CreateNote $note): int { $this->all[] = $note; return count($this->all); } }
    }
    return Application::create(basePath: dirname(__DIR__))
        ->singleton(Notes::class)
        ->scoped(CurrentUser::class, fn (Request $r) => new CurrentUser((int) $r->header('X-User', '0')))
        ->post('/notes', fn (#[Body] CreateNote $in, Notes $notes, CurrentUser $user) => Response::json(['number' => $notes->add($in), 'by' => $user->id, 'in' => $in], 201))
        ->get('/login', fn () => Response::redirect('/home')->withCookie('user', 'a b'))
        ->get('/logout', fn () => Response::noContent()->withoutCookie('user'))
        ->get('/home', fn (Request $r) => Response::html('<h1>' . htmlspecialchars($r->cookie('user') ?? 'a "stranger"') . '</h1>'))
        ->get('/coroutine', fn () => [\Highper\scope(fn () => \Highper\await([\Highper\async(fn () => usleep(1000) ?? 1), \Highper\async(fn () => 2)]))]);
    PHP);
file_put_contents("{$base}/tests/unit/NoteTest.php", <<<'PHP'
    <?php
    use Highper\Testing\WithApplication;
    use PHPUnit\Framework\TestCase;

    final class FakeNotes extends Notes { public function add(CreateNote $note): int { return 42; } }

    final class NoteTest extends TestCase
    {
        use WithApplication;

        public function testTitleIsRequired(): void
        {
            $this->actingAs(new CurrentUser(1))->postJson('/notes', ['title' => ''])
                ->assertStatus(422)->assertInvalid('title')->assertJsonPath('errors.title.0', 'must have 1 to 200 characters');
        }

        public function testFake(): void
        {
            $this->app->instance(Notes::class, new FakeNotes());
            $this->actingAs(new CurrentUser(7))->postJson('/notes', ['title' => 'x', 'body' => 'y'])->assertCreated()
                ->assertJson(['number' => 42, 'in' => ['title' => 'x']])->assertJsonPath('by', 7)->assertJsonMissing('in.none')->assertJsonCount(2, 'in')
                ->assertHeader('content-type', 'application/json');
        }

        /** @dataProvider numbers */
        #[\PHPUnit\Framework\Attributes\DataProvider('numbers')]
        public function testEachTestHasAFreshApplication(int $number): void
        {
            $this->withHeader('X-User', (string) $number)->postJson('/notes', ['title' => 'x'])->assertJsonPath('number', 1)->assertJsonPath('by', $number);
            $this->post('/notes', ['title' => 'form'])->assertJsonPath('number', 2);
        }

        public static function numbers(): array
        {
            return [[1], [2], [3]];
        }

        public function testCookiesStay(): void
        {
            $this->get('/home')->assertOk()->assertSee('a "stranger"');
            $this->get('/login')->assertRedirect('/home')->assertCookie('user', 'a b');
            $this->get('/home')->assertSee('<h1>a b</h1>')->assertDontSee('stranger');
            $this->get('/logout')->assertNoContent();
            $this->get('/home')->assertDontSee('a b');
        }

        public function testRunsInACoroutine(): void
        {
            $begin = hrtime(true);
            \Highper\scope(function () {
                for ($i = 0; $i < 50; $i++) {
                    \Highper\async(fn () => usleep(20_000));
                }
            });
            self::assertLessThan(900, (hrtime(true) - $begin) / 1e6);
            $this->getJson('/coroutine')->assertOk();
        }

        public function testThrows(): void
        {
            $this->expectException(DomainException::class);
            throw new DomainException('as expected');
        }

        public function testThisOneFails(): void
        {
            $this->get('/nowhere')->assertOk();
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
exec(escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY) . ' ' . trim((string) shell_exec('command -v phpunit')) . " --do-not-cache-result --no-configuration --bootstrap {$base}/autoload.php {$base}/tests/unit 2>&1", $output, $code);
$output = array_values(array_filter($output, static fn ($line) => trim($line) !== '' && !preg_match('/^(PHPUnit |Runtime|Time|Warning:|Random)/', $line)));
echo strtr(implode("\n", $output), [$base => '…']), "\n{$code}\n";
exec('rm -r ' . escapeshellarg($base));
?>
--EXPECTF--
........F                                                           9 / 9 (100%)
There was 1 failure:
1) NoteTest::testThisOneFails
GET /nowhere was answered with 404
{"status":404,"title":"Not Found","type":"about:blank"}
Failed asserting that 404 is identical to 200.
%A
FAILURES!
Tests: 9, Assertions: %d, Failures: 1.
1
