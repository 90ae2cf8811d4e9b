--TEST--
Console: a command has other names; a hidden one is not in the list; wrong ones keep it from starting
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Console;

mkdir(temp_path('src'));
file_put_contents(temp_path('server.php'), '<?php exit(Highper\Application::create(__DIR__)->scan("App\\\\", "src")->command("greet", function (string $who) { echo "Hello $who\n"; }, "Greets.", ["hi", "hello"])->run($argv));');
$class = fn (string $attribute) => file_put_contents(temp_path('src/Import.php'), "<?php\nnamespace App;\nuse Highper\\Attribute\\Command;\n#[Command($attribute)]\nfinal class Import {\n    public function handle(Color \$color = Color::Red): void { echo \"imported\\n\"; }\n}\n");
file_put_contents(temp_path('src/Color.php'), "<?php\nnamespace App;\nenum Color: string { case Red = 'red'; case Blue = 'blue'; }\n");
$console = new Console(temp_path('server.php'));
$tell = function (string ...$words) use ($console): void {
    [$code, $out, $err] = $console->run($words);
    echo implode(' ', $words), ': ', $code, ' ', preg_replace('~/\S*/~', '', $out . $err);
};
$class("'notes:import', 'Imports notes.', aliases: ['import', 'ni']");
$tell('ni');
$tell('import', '--color=blue');
$tell('run', 'hi', 'Bob');
$tell('list');
$tell('help', 'ni');
$tell('nii');
$class("'notes:import', hidden: true");
$tell('list');
$tell('notes:import');
foreach (["'a', aliases: 'b'", "'a', aliases: [1]", "'a', aliases: ['a b']", "'a', aliases: ['stop']", "'a', aliases: ['b', 'b']", "'a', aliases: ['a']", "'a', aliases: ['hi']", "'hello'"] as $wrong) {
    $class($wrong);
    $tell('greet', 'x');
}
?>
--EXPECT--
ni: 0 imported
import --color=blue: 0 imported
run hi Bob: 0 Hello Bob
list: 0 Commands of the application:
  greet         [hi|hello] Greets.
  notes:import  [import|ni] Imports notes.
help ni: 0 Imports notes.

Usage: php server.php notes:import [options]
Aliases: import, ni

Options:
      --color=COLOR  [red, blue] (default: red)
nii: 2 highper: unknown command 'nii'; did you mean 'ni'? --help lists all
list: 0 Commands of the application:
  greet  [hi|hello] Greets.
notes:import: 0 imported
greet x: 1 highper: #[Command] on App\Import in Import.php:5: Highper\Attribute\Command::__construct(): Argument #3 ($aliases) must be of type array, string given
greet x: 1 highper: #[Command] on App\Import in Import.php:5: Highper\Attribute\Command::__construct(): Argument #3 ($aliases) must be a list of names, int given
greet x: 1 highper: #[Command] on App\Import in Import.php:5: Highper\Attribute\Command::__construct(): Argument #3 ($aliases) must have names of 1 to 40 letters, digits, '-', '_', '.' or ':' that are no commands of the server itself, 'a b' given
greet x: 1 highper: #[Command] on App\Import in Import.php:5: Highper\Attribute\Command::__construct(): Argument #3 ($aliases) must have names of 1 to 40 letters, digits, '-', '_', '.' or ':' that are no commands of the server itself, 'stop' given
greet x: 1 highper: #[Command] on App\Import in Import.php:5: Highper\Attribute\Command::__construct(): Argument #3 ($aliases) has the name 'b' once too often
greet x: 1 highper: #[Command] on App\Import in Import.php:5: Highper\Attribute\Command::__construct(): Argument #3 ($aliases) has the name 'a' once too often
greet x: 1 highper: there are two commands 'hi': at server.php:1 and at Import.php:6; give one another name
greet x: 1 highper: there are two commands 'hello': at server.php:1 and at Import.php:6; give one another name
