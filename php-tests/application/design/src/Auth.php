<?php

declare(strict_types=1);

namespace App;

use Closure;
use Highper\Container;
use Highper\Http\Request;
use Highper\Http\Response;
use Highper\Http\Unauthorized;

final readonly class Auth
{
    public function __construct(private Container $container)
    {
    }

    public function __invoke(Request $req, Closure $next): Response
    {
        return $this->container->get(CurrentUser::class)->id > 0 ? $next($req) : throw new Unauthorized('who are you?');
    }
}
