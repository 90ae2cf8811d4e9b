--TEST--
Console: a running server makes no command; the file of the scan knows the commands without loading a class
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{Console, Server};

mkdir(temp_path('src'));
mkdir(temp_path('var'));
$marks = temp_path('marks');
touch($marks);
file_put_contents(temp_path('src/A.php'), "<?php namespace App; file_put_contents('$marks', 'A loaded ', FILE_APPEND); #[\\Highper\\Attribute\\Command('a')] final class A { public function __construct() { file_put_contents('$marks', 'A made ', FILE_APPEND); } public function handle() { echo 'A'; } }");
file_put_contents(temp_path('src/B.php'), "<?php namespace App; file_put_contents('$marks', 'B loaded ', FILE_APPEND); #[\\Highper\\Attribute\\Command('b')] final class B { public function handle() { echo 'B'; } }");
file_put_contents(temp_path('server.php'), '<?php exit(Highper\Application::create(__DIR__)->scan("App\\\\", "src")->get("/", fn () => "here")->run($argv));');
$console = new Console(temp_path('server.php'));
check('list', [$console->run(['list'])[0], file_get_contents($marks)], [0, 'A loaded B loaded ']);
file_put_contents($marks, '');
check('from the file', [$console->run(['a']), file_get_contents($marks)], [[0, 'A', ''], 'A loaded A made ']);
file_put_contents($marks, '');
$server = Server::start('<?php array_splice($argv, 1, 1); require "' . temp_path('server.php') . '";');
check('a server', [$server->get('/')->body, file_get_contents($marks)], ['here', '']);
check('beside it', $console->run(['b']), [0, 'B', '']);
check('its end', $server->stop(), 0);
?>
--EXPECT--
ok: list
ok: from the file
ok: a server
ok: beside it
ok: its end
