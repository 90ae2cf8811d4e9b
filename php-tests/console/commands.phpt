--TEST--
Console: #[Command] classes and Application::command(): arguments, options, injection, help, list, exit codes
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Console;

mkdir(temp_path('src'));
file_put_contents(temp_path('src/Clock.php'), '<?php namespace App; final class Clock {}');
file_put_contents(temp_path('src/Format.php'), '<?php namespace App; enum Format: string { case Text = "text"; case Json = "json"; }');
file_put_contents(temp_path('src/Purge.php'), <<<'PHP'
    <?php
    namespace App;
    use Highper\Attribute\{Argument, Command, Config, Each, Option, Range};
    #[Command('notes:purge', description: 'Deletes old notes.')]
    final class Purge {
        public function __construct(private Clock $clock) {}
        public function handle(
            Clock $clock,
            #[Argument('Of this owner.')] string $owner,
            #[Config('notes.table')] string $table,
            #[Option('Older than so many days.', short: 'd'), Range(1, 100)] int $keepDays = 30,
            bool $dry = false,
            ?bool $color = null,
            Format $format = Format::Text,
            ?\DateTimeImmutable $since = null,
            #[Option('Ids.', name: 'id'), Each('int')] array $ids = [],
            float|null $share = null,
            string ...$tags,
        ): int {
            echo json_encode([$clock === $this->clock, $owner, $table, $keepDays, $dry, $color, $format, $since?->format('Y-m-d'), $ids, $share, $tags, \Swoole\Coroutine::getCid() > 0]), "\n";
            return 7;
        }
    }
    PHP);
file_put_contents(temp_path('src/Sum.php'), '<?php namespace App; #[\Highper\Attribute\Command("sum")] final class Sum { public function run(int ...$n): void { echo array_sum($n), "\n"; } }');
file_put_contents(temp_path('src/Ping.php'), '<?php namespace App; #[\Highper\Attribute\Command("ping", "Says pong.")] final class Ping { public function __invoke(): bool { echo "pong\n"; return true; } }');
mkdir(temp_path('config'));
file_put_contents(temp_path('config/notes.php'), '<?php return ["table" => "notes"];');
mkdir(temp_path('config/stage'));
file_put_contents(temp_path('config/stage/notes.php'), '<?php return ["table" => "staged"];');
file_put_contents(temp_path('server.php'), <<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)->scan('App\\', 'src')
        ->get('/notes/{id}', fn (int $id) => 'note')->name('note')
        ->command('greet', function (string $name, int $times = 1) { echo str_repeat("Hello $name\n", $times); }, 'Greets somebody.')
        ->command('no', fn () => false)
        ->command('code', fn (int $code): int => $code)
        ->command('url', function (Highper\Application $app) { echo $app->url('note', ['id' => 5]), "\n"; })
        ->command('answer', function (Highper\Application $app) { echo $app->handle(Highper\Http\Request::create('GET', '/notes/5'))->body(), "\n"; })
        ->command('go', function () { Highper\async(function () { usleep(10_000); echo "later\n"; }); echo "main\n"; })
        ->command('list:me', ['App\Ping', '__invoke'])
        ->run($argv));
    PHP);
$console = new Console(temp_path('server.php'));
$ok = function (string $words) use ($console): string {
    [$code, $out, $err] = $console->run($words === '' ? [] : explode(' ', $words));
    return "$code " . trim(str_replace(temp_path(''), '', $out)) . ($err === '' ? '' : " [$err]");
};
check('all of them', $ok('notes:purge ann -d 5 --dry --color --format json --since=2026-01-31 --id 1 --id=2 --share .5 x y'),
    '7 [true,"ann","notes",5,true,true,"json","2026-01-31",[1,2],0.5,["x","y"],true]');
check('defaults', $ok('notes:purge ann'), '7 [true,"ann","notes",30,false,null,"text",null,[],null,[],true]');
check('off, and what follows --', $ok('run notes:purge -d9 --no-color -- --dry --x'), '7 [true,"--dry","notes",9,false,false,"text",null,[],null,["--x"],true]');
check('environment', [$ok('notes:purge ann --env stage'), $ok('--env=stage notes:purge ann')], array_fill(0, 2, '7 [true,"ann","staged",30,false,null,"text",null,[],null,[],true]'));
check('a list', [$ok('sum 1 2 -3'), $ok('sum')], ['0 0', '0 0']);
check('without attributes', $ok('greet Bob --times 2'), "0 Hello Bob\nHello Bob");
check('invokable', [$ok('ping'), $ok('list:me')], ['0 pong', '0 pong']);
check('exit codes', [$ok('no'), $ok('code 3'), $ok('code 300')], ['1 ', '3 ', '255 ']);
check('addresses', $ok('url'), '0 /notes/5');
check('requests', $ok('answer'), '0 note');
check('all ends', $ok('go'), "0 main\nlater");
echo $ok('help notes:purge'), "\n", $ok('sum --help'), "\n", $ok('list'), "\n";
[$code, $out] = $console->run(['--help']);
check('the help has both', [$code, str_contains($out, 'restart [-d]'), str_contains($out, "\n  notes:purge  Deletes old notes.\n")], [0, true, true]);
[, $out] = (new Console(temp_path('server.php'), ['FORCE_COLOR' => '1']))->run(['list']);
check('colours', str_contains($out, "  \e[32mping\e[0m"), true);
?>
--EXPECT--
ok: all of them
ok: defaults
ok: off, and what follows --
ok: environment
ok: a list
ok: without attributes
ok: invokable
ok: exit codes
ok: addresses
ok: requests
ok: all ends
0 Deletes old notes.

Usage: php server.php notes:purge [options] <owner> [<tags>…]

Arguments:
  owner  Of this owner.
  tags

Options:
  -d, --keep-days=KEEP-DAYS  Older than so many days. (default: 30)
      --dry
      --[no-]color
      --format=FORMAT        [text, json] (default: text)
      --since=SINCE
      --id=ID                Ids. (may be given several times)
      --share=SHARE
0 Usage: php server.php sum [<n>…]

Arguments:
  n
0 Commands of the application:
  answer
  code
  go
  greet        Greets somebody.
  no
  ping         Says pong.
  sum
  url
  list:me
  notes:purge  Deletes old notes.
ok: the help has both
ok: colours
