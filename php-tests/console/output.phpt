--TEST--
Console: Highper\Console\Output and Input where there is no terminal: lines, tables, progress, questions
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Console;

file_put_contents(temp_path('server.php'), <<<'PHP'
    <?php
    use Highper\Console\{Input, Output};
    final class Report { public function __construct(public readonly Output $output) {} }
    exit(Highper\Application::create(__DIR__)
        ->command('lines', function (Output $output, Report $report) {
            $output->write('a')->write("b\n")->line()->line('plain')->info('info')->warn('warn')->error('error');
            var_dump($report->output === $output, $output->isTerminal(), $output->width());
        })
        ->command('table', function (Output $output) {
            $output->table(['Name', 'Age', 'What'], [['Ann', 12, "two\nlines"], ['Jürgen', 7.5, true], ['中文', null, "\e]0;title\x07tab\t."]]);
            $output->table([], (function () { yield ['id' => 1, 'text' => 'one']; yield ['id' => 22, 'text' => 'two']; })());
            $output->table(['Alone'], []);
        })
        ->command('wrong', fn (Output $output) => $output->table(['a'], [5]))
        ->command('progress', function (Output $output) {
            $progress = $output->progress(20, 'things');
            for ($i = 0; $i < 20; $i++) { usleep(100); $progress->advance(); }
            $progress->finish();
            var_dump($progress->steps());
            $open = $output->progress();
            $open->set(5)->label('more');
            $open->finish();
            var_dump($output->each(['a' => 1, 'b' => 2], function (int $value, string $key) use ($output) { $output->line("$key=$value"); }, 'each'));
            var_dump($output->each(new ArrayIterator([7]), fn ($value) => null), $output->each((fn () => yield 5)(), fn () => null));
        })
        ->command('input', function (Input $input, string $file, int $limit = 5, bool $dry = false, string ...$more) {
            echo json_encode([$input->command(), $input->words(), $input->argument('file'), $input->argument('more'), $input->option('limit'), $input->option('dry'), $input->isInteractive()]), "\n";
            try { $input->option('limt'); } catch (ValueError $e) { echo $e->getMessage(), "\n"; }
            try { $input->argument('limit'); } catch (ValueError $e) { echo $e->getMessage(), "\n"; }
        })
        ->command('ask', function (Output $output) {
            var_dump($output->ask('Name?', 'Ann'), $output->confirm('Sure?', true), $output->confirm('Sure?'), $output->choice('Which?', ['a', 'b'], 'b'));
            try { $output->choice('Which?', ['a'], 'c'); } catch (ValueError $e) { echo $e->getMessage(), "\n"; }
            foreach ([fn () => $output->ask('Name?'), fn () => $output->secret('Password?'), fn () => $output->choice('Which?', ['a'])] as $question) {
                try { $question(); } catch (Error $e) { echo $e->getMessage(), "\n"; }
            }
        })
        ->run($argv));
    PHP);
$console = new Console(temp_path('server.php'));
foreach (['lines', 'table', 'progress', 'input a --limit=7 -- -x y', 'input a --no-interaction', 'ask'] as $words) {
    [$code, $out, $err] = $console->run(explode(' ', $words), "y\n");
    echo "$code $out--\n$err--\n";
}
[$code, $out, $err] = $console->run(['wrong']);
check('a row that is none', [$code, str_contains($err, 'TypeError: Highper\Console\Output::table(): a row must be an array of cells, int given')], [1, true]);
[$code, $out, $err] = (new Console(temp_path('server.php'), ['FORCE_COLOR' => '1']))->run(['lines']);
check('colours', [str_contains($out, "\e[32minfo\e[0m\n\e[33mwarn\e[0m\n"), $err], [true, "\e[31merror\e[0m\n"]);
[$code, $out, $err] = (new Console(temp_path('server.php'), ['FORCE_COLOR' => '1', 'NO_COLOR' => '1']))->run(['lines']);
check('none', str_contains($out . $err, "\e"), false);
file_put_contents(temp_path('plain.php'), '<?php $output = new Highper\Console\Output; $output->line("anywhere"); try { (new Highper\Console\Input)->command(); } catch (Error $e) { echo $e->getMessage(), "\n"; } ob_start(); $output->line("kept"); echo strtoupper(ob_get_clean());');
echo (new Console(temp_path('plain.php')))->run([])[1];
?>
--EXPECT--
0 ab

plain
info
warn
bool(true)
bool(false)
int(80)
--
error
--
0 ┌────────┬─────┬─────────────────┐
│ Name   │ Age │ What            │
├────────┼─────┼─────────────────┤
│ Ann    │  12 │ two             │
│        │     │ lines           │
│ Jürgen │ 7.5 │ yes             │
│ 中文   │     │ ?]0;title?tab . │
└────────┴─────┴─────────────────┘
┌────┬──────┐
│ id │ text │
├────┼──────┤
│  1 │ one  │
│ 22 │ two  │
└────┴──────┘
┌───────┐
│ Alone │
├───────┤
└───────┘
--
--
0 int(20)
a=1
b=2
int(2)
int(1)
int(1)
--
2/20 10 % things
4/20 20 % things
6/20 30 % things
8/20 40 % things
10/20 50 % things
12/20 60 % things
14/20 70 % things
16/20 80 % things
18/20 90 % things
20/20 100 % things
1/2 50 % each
2/2 100 % each
1/1 100 %
--
0 ["input",["a","--limit=7","--","-x","y"],"a",["-x","y"],"7",null,false]
Highper\Console\Input::option(): Argument #1 ($name) must be an option of the command, 'limt' given; did you mean 'limit'?
Highper\Console\Input::argument(): Argument #1 ($name) must be an argument of the command, 'limit' given
--
--
0 ["input",["a"],"a",null,null,null,false]
Highper\Console\Input::option(): Argument #1 ($name) must be an option of the command, 'limt' given; did you mean 'limit'?
Highper\Console\Input::argument(): Argument #1 ($name) must be an argument of the command, 'limit' given
--
--
0 string(3) "Ann"
bool(true)
bool(false)
string(1) "b"
Highper\Console\Output::choice(): Argument #3 ($default) must be one of the choices, 'c' given
nobody is there to answer 'Name?': standard input is no terminal; give it as an option or an argument
nobody is there to answer 'Password?': standard input is no terminal; give it as an option or an argument
nobody is there to answer 'Which?': standard input is no terminal; give it as an option or an argument
--
--
ok: a row that is none
ok: colours
ok: none
anywhere
Highper\Console\Input: no command runs here
KEPT
