--TEST--
Application: attributes of listeners, jobs, processes and aspects with wrong arguments keep the server from starting, with file and line
--FILE--
<?php
require __DIR__ . '/wrong_attributes.inc';

$on = fn (string $attribute) => "#[Controller]\nfinal class Bad {\n    #[{$attribute}]\n    public function a() {}\n}";
refused([
    $on("Listen(1, 2, 3, 4)"), $on("Listen('Nobody')"), $on("Listen"), $on("Listen(\\stdClass::class, priority: 'high')"),
    $on("Cron"), $on("Cron('often')"), $on("Cron('* * * * * *', timezone: 'Nowhere')"),
    "#[Process]\nfinal class Bad { public function handle() {} }", "#[Process('a b')]\nfinal class Bad { public function handle() {} }", "#[Process('x', 0)]\nfinal class Bad { public function handle() {} }", "#[Process('x')]\nfinal class Bad {}",
    "#[Job(-1)]\nfinal class Bad { public function handle() {} }", "#[Tagged]\nfinal class Bad {}", "#[Controller(7.5, 8)]\nfinal class Bad { #[Get('/a')] public function a() {} }", "#[Controller('a b')]\nfinal class Bad { #[Get('/a')] public function a() {} }",
    $on("Around"), $on("Breaker(0)"), $on("Breaker(reset: 0)"), $on("Cached(-1)"), $on("Evict"), $on("Evict('a{')"), $on("Limit"), $on("Limit(0)"), $on("Logged('loud')"), $on("Retry(0)"), $on("Timeout"), $on("Timeout(0)"), $on("Transactional([])"),
]);
?>
--EXPECT--
Bad { #[Listen(1, 2, 3, 4)] a() {} }
    #[Listen] on App\Bad::a() in Bad.php:8: Highper\Attribute\Listen::__construct() expects at most 3 arguments, 4 given
Bad { #[Listen('Nobody')] a() {} }
    App\Bad::a() listens for Nobody, and there is no such class (at Bad.php:8)
Bad { #[Listen] a() {} }
    #[Listen] on App\Bad::a() in Bad.php:8: name the class of the events, or give the first parameter that type
Bad { #[Listen(\stdClass::class, priority: 'high')] a() {} }
    #[Listen] on App\Bad::a() in Bad.php:8: Highper\Attribute\Listen::__construct(): Argument #2 ($priority) must be of type int, string given
Bad { #[Cron] a() {} }
    #[Cron] on App\Bad::a() in Bad.php:8: Highper\Attribute\Cron::__construct() expects at least 1 argument, 0 given
Bad { #[Cron('often')] a() {} }
    #[Cron] on App\Bad::a() in Bad.php:8: 'often' is no schedule: Invalid pattern: Pattern must have between 5 and 7 fields.; write six fields (second minute hour day month weekday), such as '0 */5 * * * *', or five without the second
Bad { #[Cron('* * * * * *', timezone: 'Nowhere')] a() {} }
    #[Cron] on App\Bad::a() in Bad.php:8: there is no time zone 'Nowhere'; write a name such as 'Europe/Berlin' or 'UTC'
#[Process] Bad { handle() {} }
    #[Process] on App\Bad in Bad.php:6: Highper\Attribute\Process::__construct() expects at least 1 argument, 0 given
#[Process('a b')] Bad { handle() {} }
    #[Process] on App\Bad in Bad.php:6: Highper\Attribute\Process::__construct(): Argument #1 ($name) must have 1 to 40 letters, digits, '-', '_', '.' or ':', and be none of 'cron', 'task' and 'worker', 'a b' given
#[Process('x', 0)] Bad { handle() {} }
    #[Process] on App\Bad in Bad.php:6: Highper\Attribute\Process::__construct(): Argument #2 ($count) must be from 1 to 100, 0 given
#[Process('x')] Bad {}
    #[Process] on App\Bad in Bad.php:6: the class needs a public method handle(), whose parameters are injected
#[Job(-1)] Bad { handle() {} }
    #[Job] on App\Bad in Bad.php:6: Highper\Attribute\Job::__construct(): Argument #1 ($retries) must be from 0 to 1000, -1 given
#[Tagged] Bad {}
    Fatal error: Attribute "Highper\Attribute\Tagged" cannot target class (allowed targets: property, parameter) in Bad.php on line 6
#[Controller(7.5, 8)] Bad { #[Get('/a')] a() {} }
    #[Controller] on App\Bad in Bad.php:6: Highper\Attribute\Controller::__construct() expects at most 1 argument, 2 given
#[Controller('a b')] Bad { #[Get('/a')] a() {} }
    route GET /a b/a (Bad.php:6) cannot be added: ' ' cannot be part of a path
Bad { #[Around] a() {} }
    #[Around] on App\Bad::a() in Bad.php:8: it names no aspect, and no attribute beside it is one (a class that implements Highper\Aspect)
Bad { #[Breaker(0)] a() {} }
    #[Breaker] on App\Bad::a() in Bad.php:8: Highper\Attribute\Breaker::__construct(): Argument #1 ($failures) must be at least 1
Bad { #[Breaker(reset: 0)] a() {} }
    #[Breaker] on App\Bad::a() in Bad.php:8: Highper\Attribute\Breaker::__construct(): Argument #2 ($reset) must be between 0.001 and 86400 seconds
Bad { #[Cached(-1)] a() {} }
    #[Cached] on App\Bad::a() in Bad.php:8: Highper\Attribute\Cached::__construct(): Argument #1 ($ttl) must be greater than 0 seconds, or null for no end
Bad { #[Evict] a() {} }
    #[Evict] on App\Bad::a() in Bad.php:8: Highper\Attribute\Evict::__construct() expects at least 1 argument, 0 given
Bad { #[Evict('a{')] a() {} }
    #[Evict] on App\Bad::a() in Bad.php:8: Highper\Attribute\Evict::__construct(): Argument #1 ($key) must be a key: the brace at byte 1 is never closed
Bad { #[Limit] a() {} }
    #[Limit] on App\Bad::a() in Bad.php:8: Highper\Attribute\Limit::__construct() expects at least 1 argument, 0 given
Bad { #[Limit(0)] a() {} }
    #[Limit] on App\Bad::a() in Bad.php:8: Highper\Attribute\Limit::__construct(): Argument #1 ($concurrency) must be at least 1
Bad { #[Logged('loud')] a() {} }
    #[Logged] on App\Bad::a() in Bad.php:8: Highper\Attribute\Logged::__construct(): Argument #1 ($level) must be a level of PSR-3, 'loud' given
Bad { #[Retry(0)] a() {} }
    #[Retry] on App\Bad::a() in Bad.php:8: Highper\Attribute\Retry::__construct(): Argument #1 ($times) must be at least 1
Bad { #[Timeout] a() {} }
    #[Timeout] on App\Bad::a() in Bad.php:8: Highper\Attribute\Timeout::__construct() expects exactly 1 argument, 0 given
Bad { #[Timeout(0)] a() {} }
    #[Timeout] on App\Bad::a() in Bad.php:8: Highper\Attribute\Timeout::__construct(): Argument #1 ($seconds) must be greater than 0
Bad { #[Transactional([])] a() {} }
    #[Transactional] on App\Bad::a() in Bad.php:8: Highper\Attribute\Transactional::__construct(): Argument #1 ($connection) must be of type string, array given
