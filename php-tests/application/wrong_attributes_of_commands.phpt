--TEST--
Application: attributes of commands and of WebSocket controllers with wrong arguments keep the server from starting, with file and line
--FILE--
<?php
require __DIR__ . '/wrong_attributes.inc';

$command = fn (string $attribute, string $parameters = '') => "#[Command({$attribute})]\nfinal class Bad {\n    public function handle({$parameters}) {}\n}";
$socket = fn (string $arguments, string $methods = 'public function message(string $text) {}') => "#[WebSocket({$arguments})]\nfinal class Bad {\n    {$methods}\n}";
refused([
    $command(''), $command("''"), $command("'a b'"), $command("[]"), "#[Command('x')]\nfinal class Bad {}", "#[Command('x')]\nabstract class Bad { public function handle() {} }",
    $command("'x'", '#[Argument(1, 2, 3, 4)] string $a'), $command("'x'", '#[Argument] \stdClass $a'), $command("'x'", '#[Argument] ?string $a, #[Argument] string $b'), $command("'x'", '#[Argument, Option] string $a'),
    $command("'x'", '#[Option([])] string $a'), $command("'x'", "#[Option(name: 'a b')] string \$a"), $command("'x'", '#[Option] \Closure $a'), $command("'x'", "#[Option(short: 'ab')] string \$a"), $command("'x'", "#[Option(short: 'a')] string \$a, #[Option(short: 'a')] string \$b"),
    $command("'x'", '#[Argument, Inject] string $a'), $command("'x'", '#[\Highper\Attribute\Optoin] string $a'),
    $socket(''), $socket("'a b'"), $socket("'/{'"), $socket("'/a', queue: 'much'"), $socket("'/a', slow: 'never'"), $socket("'/a', maxMessage: 0"), $socket("'/a', ping: -1"), $socket("'/a', protocols: ['a b']"), $socket("'/a', origins: ['example.com']"), $socket("'/a', connections: -1"),
    $socket("'/a'", ''), $socket("'/a'", 'private function message(string $text) {}'), $socket("'/a'", 'public function message(int $n) {}'), $socket("'/a'", 'public function message(Missing $m) {}'), $socket("'/a/{n}'", 'public function open(string $other) {}'),
    "#[WebSocket('/a'), WebSocket('/b')]\nfinal class Bad { public function message(string \$t) {} }", "final class Bad {\n    #[WebSocket('/a')]\n    public function message(string \$t) {}\n}",
]);
?>
--EXPECT--
#[Command()] Bad { handle() {} }
    #[Command] on App\Bad in Bad.php:6: Highper\Attribute\Command::__construct() expects at least 1 argument, 0 given
#[Command('')] Bad { handle() {} }
    #[Command] on App\Bad in Bad.php:6: Highper\Attribute\Command::__construct(): Argument #1 ($name) must have 1 to 40 letters, digits, '-', '_', '.' or ':', '' given
#[Command('a b')] Bad { handle() {} }
    #[Command] on App\Bad in Bad.php:6: Highper\Attribute\Command::__construct(): Argument #1 ($name) must have 1 to 40 letters, digits, '-', '_', '.' or ':', 'a b' given
#[Command([])] Bad { handle() {} }
    #[Command] on App\Bad in Bad.php:6: Highper\Attribute\Command::__construct(): Argument #1 ($name) must be of type string, array given
#[Command('x')] Bad {}
    #[Command] on App\Bad in Bad.php:6: the class needs a public method handle(), run() or __invoke(): its parameters are arguments and options, or injected
#[Command('x')] abstract class Bad { handle() {} }
    #[Command] on App\Bad in Bad.php:6: the class can't be instantiated
#[Command('x')] Bad { handle(#[Argument(1, 2, 3, 4)] string $a) {} }
    #[Argument] on $a of App\Bad::handle() in Bad.php:7: Highper\Attribute\Argument::__construct() expects at most 2 arguments, 4 given
#[Command('x')] Bad { handle(#[Argument] \stdClass $a) {} }
    #[Argument] on $a of App\Bad::handle() in Bad.php:7: its type (stdClass) must be a scalar, a backed enum, a date or a class with fromString()
#[Command('x')] Bad { handle(#[Argument] ?string $a, #[Argument] string $b) {} }
    the command x: $b of App\Bad::handle() in Bad.php:7 must have a default, because <a> before it has one
#[Command('x')] Bad { handle(#[Argument, Option] string $a) {} }
    #[Option] on $a of App\Bad::handle() in Bad.php:7: another attribute says already where the parameter comes from; leave one
#[Command('x')] Bad { handle(#[Option([])] string $a) {} }
    #[Option] on $a of App\Bad::handle() in Bad.php:7: Highper\Attribute\Option::__construct(): Argument #1 ($description) must be of type string, array given
#[Command('x')] Bad { handle(#[Option(name: 'a b')] string $a) {} }
    the command x: $a of App\Bad::handle() in Bad.php:7 is called 'a b', which no command line can have: letters, digits, '-', '_' and '.'
#[Command('x')] Bad { handle(#[Option] \Closure $a) {} }
    #[Option] on $a of App\Bad::handle() in Bad.php:7: its type (Closure) must be a scalar, a backed enum, a date or a class with fromString()
#[Command('x')] Bad { handle(#[Option(short: 'ab')] string $a) {} }
    #[Option] on $a of App\Bad::handle() in Bad.php:7: Highper\Attribute\Option::__construct(): Argument #2 ($short) must be one letter
#[Command('x')] Bad { handle(#[Option(short: 'a')] string $a, #[Option(short: 'a')] string $b) {} }
    the command x: $b of App\Bad::handle() in Bad.php:7 has the name or the letter of another option
#[Command('x')] Bad { handle(#[Argument, Inject] string $a) {} }
    #[Inject] on $a of App\Bad::handle() in Bad.php:7: another attribute says already where the parameter comes from; leave one
#[Command('x')] Bad { handle(#[\Highper\Attribute\Optoin] string $a) {} }
    #[Optoin] on $a of App\Bad::handle() in Bad.php:7: there is no such attribute
#[WebSocket()] Bad { message(string $text) {} }
    #[WebSocket] on App\Bad in Bad.php:6: Highper\Attribute\WebSocket::__construct() expects at least 1 argument, 0 given
#[WebSocket('a b')] Bad { message(string $text) {} }
    route GET a b (Bad.php:6) cannot be added: a pattern begins with '/'
#[WebSocket('/{')] Bad { message(string $text) {} }
    route GET /{ (Bad.php:6) cannot be added: there is a '{' without '}'
#[WebSocket('/a', queue: 'much')] Bad { message(string $text) {} }
    #[WebSocket] on App\Bad in Bad.php:6: queue must be bytes, as 4096 or '256K', 'much' given
#[WebSocket('/a', slow: 'never')] Bad { message(string $text) {} }
    #[WebSocket] on App\Bad in Bad.php:6: slow must be 'drop-oldest', 'keep-last' or 'close', 'never' given
#[WebSocket('/a', maxMessage: 0)] Bad { message(string $text) {} }
    #[WebSocket] on App\Bad in Bad.php:6: maxMessage must be bytes, as 4096 or '256K', '0' given
#[WebSocket('/a', ping: -1)] Bad { message(string $text) {} }
    #[WebSocket] on App\Bad in Bad.php:6: ping must be from 0 to 86400 seconds, -1 given
#[WebSocket('/a', protocols: ['a b'])] Bad { message(string $text) {} }
    #[WebSocket] on App\Bad in Bad.php:6: protocols must be names such as 'chat', 'a b' given
#[WebSocket('/a', origins: ['example.com'])] Bad { message(string $text) {} }
    #[WebSocket] on App\Bad in Bad.php:6: origins must be such as 'https://example.com', or '*' for all, 'example.com' given
#[WebSocket('/a', connections: -1)] Bad { message(string $text) {} }
    #[WebSocket] on App\Bad in Bad.php:6: connections must not be negative, -1 given
#[WebSocket('/a')] Bad { }
    #[WebSocket] on App\Bad in Bad.php:6: the class App\Bad needs a public method message(), or open()
#[WebSocket('/a')] Bad { private function message(string $text) {} }
    #[WebSocket] on App\Bad in Bad.php:6: App\Bad::message() must be public and not static
#[WebSocket('/a')] Bad { message(int $n) {} }
    route GET /a (Bad.php:6): App\Bad::message(): its parameter $n (int) is not in the path; mark it with #[Query], #[Header], #[Cookie], #[Body] or #[File], or give it a default
#[WebSocket('/a')] Bad { message(Missing $m) {} }
    route GET /a (Bad.php:6): App\Missing: there is no such class
#[WebSocket('/a/{n}')] Bad { open(string $other) {} }
    route GET {n} (Bad.php:6): App\Bad::open(): its parameter $other (string) is not in the path; mark it with #[Query], #[Header], #[Cookie], #[Body] or #[File], or give it a default
#[WebSocket('/a'), WebSocket('/b')] Bad { message(string $t) {} }
    Fatal error: Attribute "Highper\Attribute\WebSocket" must not be repeated in Bad.php on line 6
Bad { #[WebSocket('/a')] message(string $t) {} }
    Fatal error: Attribute "Highper\Attribute\WebSocket" cannot target method (allowed targets: class) in Bad.php on line 7
