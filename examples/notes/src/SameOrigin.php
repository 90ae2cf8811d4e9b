<?php

declare(strict_types=1);

namespace Notes;

use Closure;
use Highper\Http\HttpException;
use Highper\Http\Request;
use Highper\Http\Response;

/** Refuses changes that another site's page asks for. Clients that are not browsers send no Sec-Fetch-Site. */
final class SameOrigin
{
    public function __invoke(Request $request, Closure $next): Response
    {
        if (!in_array($request->method(), ['GET', 'HEAD', 'OPTIONS'], true)) {
            $site = $request->header('Sec-Fetch-Site', 'none');
            if (!in_array($site, ['same-origin', 'none'], true)) {
                throw new HttpException(403, 'Notes are changed from their own page only');
            }
        }

        return $next($request);
    }
}
