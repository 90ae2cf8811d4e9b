--TEST--
Console: what a command line has wrong is said, with exit code 2; what a class has wrong keeps server and command from starting, with the place
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Console;

mkdir(temp_path('src'));
mkdir(temp_path('var'));
file_put_contents(temp_path('server.php'), '<?php exit(Highper\Application::create(__DIR__)->scan("App\\\\", "src")->get("/", fn () => "here")->run($argv));');
$class = fn (string $attribute, string $body) => file_put_contents(temp_path('src/Import.php'), "<?php\nnamespace App;\nuse Highper\\Attribute\\{Argument, Command, Option, Range, Regex};\n#[Command($attribute)]\nfinal class Import {\n    $body\n}\n");
$console = new Console(temp_path('server.php'));
$tell = function (string ...$words) use ($console): void {
    [$code, $out, $err] = $console->run($words);
    echo $code, ' ', preg_replace('~/\S*/~', '', strtok($out . $err, "\n")), "\n";
};
$class("'import'", "public function handle(string \$file, int \$limit = 5, #[Option(short: 'q')] bool \$quick = false, #[Option, Regex('/^[a-z]+$/')] string \$only = 'all', #[Option] string \$to = '') {}");
$tell('import');
$tell('import', 'a', 'b');
$tell('import', 'a', '--limit');
$tell('import', 'a', '--limit', 'x');
$tell('import', 'a', '--limt=5');
$tell('import', 'a', '-x');
$tell('import', 'a', '--quick=1');
$tell('import', 'a', '--only', 'A1');
$tell('import', 'a', '--limit=1', '--limit=2');
$tell('imprt');
$tell('run');
$tell('run', 'stop');
$tell('stop', 'import');
$tell('import', '--env');
echo "--\n";
$class("'start'", 'public function handle() {}');
$tell('import');
$class("'a b'", 'public function handle() {}');
$tell('import');
$class("'import'", 'private function handle() {}');
$tell('import');
$class("'import'", 'public function handle(Nope $nope) {}');
$tell('import');
$class("'import'", 'public function handle(#[Option] \stdClass $x) {}');
$tell('import');
$class("'import'", 'public function handle(#[Option(short: "xx")] int $x = 1) {}');
$tell('import');
$class("'import'", 'public function handle(int $help = 1) {}');
$tell('import');
$class("'import'", 'public function handle(#[Argument] ?int $a, #[Argument] int $b) {}');
$tell('import');
$class("'import'", 'public function handle(array $all, string $one) {}');
$tell('import');
$class("'import'", 'public function handle(int $a = 1, #[Option(name: "a")] int $b = 2) {}');
$tell('import');
$class("'import'", 'public function handle(string &$a) {}');
$tell('import');
$class("'import'", 'public function handle(#[\Highper\Attribute\Opton] string $a) {}');
$tell('import');
$class("'import'", 'public function handle(#[Argument(name: "a b")] string $a) {}');
$tell('import');
$class("'import'", 'public function handle(\Highper\Http\Request $request) {}');
$tell('import');
echo "--\n";
// The server finds it too, also where a second class has the name.
$class("'import'", 'public function handle(int $help = 1) {}');
$start = function () use ($console): void {
    [$code, $out, $err] = $console->run(['--listen', '127.0.0.1:0']);
    echo $code, ' ', preg_replace(['~^\{.*\n~m', '~/\S*/~'], '', $out . $err);
};
$start();
$class("'import'", 'public function handle() {}');
copy(temp_path('src/Import.php'), temp_path('src/Other.php'));
file_put_contents(temp_path('src/Other.php'), str_replace('class Import', 'class Other', file_get_contents(temp_path('src/Other.php'))));
$start();
?>
--EXPECT--
2 highper: import: the argument <file> is missing
2 highper: import: 'b' is one argument too many
2 highper: import: --limit needs a value
2 highper: import: --limit must be an integer, 'x' given
2 highper: import: there is no option '--limt'; did you mean '--limit'?
2 highper: import: there is no option '-x'
2 highper: import: --quick takes no value
2 highper: import: --only has the wrong form
2 highper: import: --limit is given twice
2 highper: unknown command 'imprt'; did you mean 'import'? --help lists all
2 highper: run needs the name of a command; 'list' shows them all
2 highper: 'stop' is a command of the server itself: leave 'run' out
2 highper: unknown command 'import'; --help lists all
2 highper: --env needs a value: --env dev
--
1 highper: #[Command] on App\Import in Import.php:5: Highper\Attribute\Command::__construct(): Argument #1 ($name) must be another one: 'start' is a command of the server itself
1 highper: #[Command] on App\Import in Import.php:5: Highper\Attribute\Command::__construct(): Argument #1 ($name) must have 1 to 40 letters, digits, '-', '_', '.' or ':', 'a b' given
1 highper: #[Command] on App\Import in Import.php:5: the class needs a public method handle(), run() or __invoke(): its parameters are arguments and options, or injected
1 highper: the command import at Import.php:6: App\Import::handle(): App\Nope: there is no such class
1 highper: #[Option] on $x of App\Import::handle() in Import.php:6: its type (stdClass) must be a scalar, a backed enum, a date or a class with fromString()
1 highper: #[Option] on $x of App\Import::handle() in Import.php:6: Highper\Attribute\Option::__construct(): Argument #2 ($short) must be one letter
1 highper: the command import: $help of App\Import::handle() in Import.php:6 must be called otherwise: --env, --help, -h and --no-interaction belong to the server
1 highper: the command import: $b of App\Import::handle() in Import.php:6 must have a default, because <a> before it has one
1 highper: the command import: $one of App\Import::handle() in Import.php:6 comes behind <all>, which takes all words that follow
1 highper: the command import: $b of App\Import::handle() in Import.php:6 has the name or the letter of another option
1 highper: the command import: $a of App\Import::handle() in Import.php:6 must not be taken by reference
1 highper: #[Opton] on $a of App\Import::handle() in Import.php:6: there is no such attribute
1 highper: the command import: $a of App\Import::handle() in Import.php:6 is called 'a b', which no command line can have: letters, digits, '-', '_' and '.'
1 highper: the command import at Import.php:6: App\Import::handle(): Highper\Http\Request: it lives as long as a request, and this runs without one
--
1 highper: cannot start: the command import: $help of App\Import::handle() in Import.php:6 must be called otherwise: --env, --help, -h and --no-interaction belong to the server
1 highper: cannot start: there are two commands 'import': at Import.php:6 and at Other.php:6; give one another name
