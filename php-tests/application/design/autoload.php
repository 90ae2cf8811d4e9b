<?php

declare(strict_types=1);

// What Composer's autoloader does, with Debian's packages.

namespace Psr\Http\Server {
    use Psr\Http\Message\{ResponseInterface, ServerRequestInterface};

    require_once '/usr/share/php/Nyholm/Psr7/autoload.php';
    require_once '/usr/share/php/Psr/Log/autoload.php';
    interface RequestHandlerInterface
    {
        public function handle(ServerRequestInterface $request): ResponseInterface;
    }
    interface MiddlewareInterface
    {
        public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface;
    }
}

namespace {
    spl_autoload_register(static function (string $class): void {
        $root = dirname(__DIR__, 3);
        foreach (['App\\' => __DIR__ . '/src/', 'Highper\\Psr\\' => "{$root}/php/src/Psr/", 'Highper\\Testing\\' => "{$root}/php/src/Testing/"] as $prefix => $folder) {
            if (str_starts_with($class, $prefix) && is_file($file = $folder . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php')) {
                require $file;
            }
        }
    });
}
